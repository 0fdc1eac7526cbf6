package repo

import (
	"context"

	"github.com/linnet-at/linnet/syntax"
)

// VerifyProof reads a CAR file that proves which record is at a path, such as
// com.atproto.sync.getRecord serves and [Repo.WriteProof] writes. It returns
// the record and true, or false if the file proves that there is none. A file
// that proves neither, because a node on the way to the path is missing or
// wrong, the record is missing, or the commit is not what o demands, is an
// error: [*mst.MissingBlockError], [*mst.NodeError], [*MissingRecordError], or
// those of [ReadBytes].
//
// Use [ReadBytes] and [Export.Get] where the commit matters, to compare its
// revision, or for a proof of several paths.
func VerifyProof(ctx context.Context, file []byte, path syntax.RepoPath, o *Options) (Record, bool, error) {
	if err := o.checkPart(); err != nil {
		return Record{}, false, err
	}
	if path.IsZero() {
		return Record{}, false, errNoPath
	}
	e, err := ReadBytes(file, o)
	if err != nil {
		return Record{}, false, err
	}
	return e.Get(ctx, path)
}
