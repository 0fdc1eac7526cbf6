package post

import (
	"errors"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/syntax"
)

// MaxImages is how many images a post may have.
//
// https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/images.json
const MaxImages = 4

// A Picture is an image that was uploaded.
type Picture struct {
	Blob data.Blob // as package blob returned it
	Alt  string    // what is to be seen, for those who don't

	// Width and Height are the proportions, such as those in pixels, so that
	// there is room for it before it is there. Zero means that they are not
	// known.
	Width, Height int64
}

// Images returns an embed of up to [MaxImages] images.
func Images(pictures ...Picture) bsky.FeedPostEmbed {
	images := make([]bsky.EmbedImagesImage, len(pictures))
	for i, p := range pictures {
		images[i] = bsky.EmbedImagesImage{Image: p.Blob, Alt: p.Alt, AspectRatio: proportions(p.Width, p.Height)}
	}
	return bsky.FeedPostEmbed{Images: &bsky.EmbedImages{Images: images}}
}

// Video returns an embed of a video, which was uploaded as an image is.
func Video(p Picture) bsky.FeedPostEmbed {
	v := &bsky.EmbedVideo{Video: p.Blob, AspectRatio: proportions(p.Width, p.Height)}
	if p.Alt != "" {
		v.Alt = &p.Alt
	}
	return bsky.FeedPostEmbed{Video: v}
}

func proportions(width, height int64) *bsky.EmbedDefsAspectRatio {
	if width <= 0 || height <= 0 {
		return nil
	}
	return &bsky.EmbedDefsAspectRatio{Width: width, Height: height}
}

// External returns an embed of a page of the web: a card with a title, a
// description, and a picture unless thumb is nil. Nobody else fetches them from
// the page.
func External(uri, title, description string, thumb *data.Blob) bsky.FeedPostEmbed {
	return bsky.FeedPostEmbed{External: &bsky.EmbedExternal{
		External: bsky.EmbedExternalExternal{URI: uri, Title: title, Description: description, Thumb: thumb},
	}}
}

// Quote returns an embed of a record, such as another post, a list or a feed.
func Quote(record syntax.StrongRef) bsky.FeedPostEmbed {
	return bsky.FeedPostEmbed{Record: &bsky.EmbedRecord{Record: Ref(record)}}
}

var errNoMedia = errors.New("post: to be quoted with: neither images, a video, a gallery nor an external page")

// QuoteWith is [Quote] together with another embed: images, a video, a gallery,
// or an external page.
func QuoteWith(record syntax.StrongRef, media bsky.FeedPostEmbed) (bsky.FeedPostEmbed, error) {
	m := bsky.EmbedRecordWithMediaMedia{Images: media.Images, Video: media.Video, Gallery: media.Gallery, External: media.External}
	if m.IsZero() || media.Record != nil || media.RecordWithMedia != nil || media.Unknown != nil {
		return bsky.FeedPostEmbed{}, errNoMedia
	}
	return bsky.FeedPostEmbed{RecordWithMedia: &bsky.EmbedRecordWithMedia{
		Record: bsky.EmbedRecord{Record: Ref(record)}, Media: m,
	}}, nil
}
