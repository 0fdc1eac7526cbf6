package repo_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// What a way of reading can't do although an option says so, it refuses.
func TestOptionsRefused(t *testing.T) {
	const (
		noKey  = "repo: no key to verify with: set Options.Key, or SkipSignature to do without"
		stream = "repo: a stream refuses extra blocks and duplicates only with RequirePreorder"
		part   = "repo: RefuseExtra is for whole repositories"
		order  = "repo: RequirePreorder is for streams"
	)
	file := synthetic(t, 3)
	set := map[string]func(o *repo.Options){
		"none":     func(*repo.Options) {},
		"no key":   func(o *repo.Options) { o.Key = nil },
		"extra":    func(o *repo.Options) { o.RefuseExtra = true },
		"twice":    func(o *repo.Options) { o.CAR = &car.Options{RefuseDuplicates: true} },
		"preorder": func(o *repo.Options) { o.RequirePreorder = true },
		"both":     func(o *repo.Options) { o.RefuseExtra, o.RequirePreorder = true, true },
	}
	reading := map[string]func(o *repo.Options) error{
		"Read": func(o *repo.Options) error {
			_, err := repo.Read(t.Context(), bytes.NewReader(file), o)
			return err
		},
		"ReadBytes": func(o *repo.Options) error { _, err := repo.ReadBytes(file, o); return err },
		"ReadStream": func(o *repo.Options) error {
			_, err := streamed(t, bytes.NewReader(file), o)
			return err
		},
		"VerifyProof": func(o *repo.Options) error {
			_, _, err := repo.VerifyProof(t.Context(), file, at(t, "1"), o)
			return err
		},
		"Import": func(o *repo.Options) error {
			_, err := repo.Import(t.Context(), &blockstore.Memory{}, bytes.NewReader(file), o)
			return err
		},
		"ImportDiff": func(o *repo.Options) error {
			_, _, err := repo.ImportDiff(t.Context(), &blockstore.Memory{}, bytes.NewReader(file), o)
			return err
		},
	}
	whole := map[string]string{"no key": noKey, "preorder": order, "both": order}
	parts := map[string]string{"no key": noKey, "preorder": order, "both": order, "extra": part}
	streams := map[string]string{"no key": noKey, "extra": stream, "twice": stream}
	want := map[string]map[string]string{
		"Read": whole, "ReadBytes": whole, "VerifyProof": parts, "ImportDiff": parts, "ReadStream": streams, "Import": streams,
	}
	for name, read := range reading {
		for option, on := range set {
			o := options(t)
			on(o)
			err := read(o)
			if text := want[name][option]; text != "" {
				require.EqualError(t, err, text, "%s, %s", name, option)
			} else {
				require.NoError(t, err, "%s, %s", name, option)
			}
		}
	}
}

// A range without bounds is all of the repository and heeds what that does.
func TestRangeOfAll(t *testing.T) {
	file := synthetic(t, 3)
	roots, blocks := sections(t, file)
	extra := carFile(roots, append(blocks, blockOf([]byte("extra")))...)
	o := options(t)
	o.RefuseExtra = true
	e, err := repo.ReadBytes(extra, o)
	require.NoError(t, err)
	items, err := collect(e.Range(t.Context(), "", ""), o)
	errorIs[*repo.ExtraBlockError](t, err)
	require.Len(t, items, 3)
	o.RequirePreorder = true
	s, err := repo.ReadStream(t.Context(), pipe(extra), o)
	require.NoError(t, err)
	_, err = collect(s.Range(t.Context(), "", ""), o)
	errorIs[*repo.OrderError](t, err)
}

// A key on a wrong layer is no proof, whatever is trusted.
func TestProofTrustLayers(t *testing.T) {
	block := blockOf(record(t, `{"$type":"com.example.record"}`))
	keys := map[int]syntax.RepoPath{} // by their layers
	for c := 'a'; c <= 'z'; c++ {
		keys[min(mst.Layer(at(t, string(c)).String()), 1)] = at(t, string(c))
	}
	low, path := keys[0].String(), keys[1]
	node := twoKeys(min(low, path.String()), max(low, path.String()), block.CID)
	o := options(t)
	file := forgeTree(t, node.CID, node, block)
	for _, o.Tree = range []*mst.Options{nil, {TrustLayers: true}} {
		_, found, err := repo.VerifyProof(t.Context(), file, path, o)
		require.False(t, found)
		errorIs[*mst.NodeError](t, err)
	}
}

// twoKeys returns a node of two keys of the same collection.
func twoKeys(first, second string, value dagcbor.CID) car.Block {
	shared := len(collection) + 1
	node := dagcbor.AppendArray(dagcbor.AppendText(dagcbor.AppendMap(nil, 2), "e"), 2)
	for i, key := range []string{first, second} {
		p := i * shared
		node = dagcbor.AppendMap(node, 4)
		node = dagcbor.AppendBytes(dagcbor.AppendText(node, "k"), []byte(key[p:]))
		node = dagcbor.AppendInt(dagcbor.AppendText(node, "p"), int64(p))
		node = dagcbor.AppendNull(dagcbor.AppendText(node, "t"))
		node = dagcbor.AppendLink(dagcbor.AppendText(node, "v"), value)
	}
	return blockOf(dagcbor.AppendNull(dagcbor.AppendText(node, "l")))
}

func TestProofOfNoPath(t *testing.T) {
	_, _, err := repo.VerifyProof(t.Context(), synthetic(t, 3), syntax.RepoPath{}, options(t))
	require.EqualError(t, err, "repo: no path")
	r := repo.New(account, privateKey(t, crypto.K256), nil)
	apply(t, r, repo.Create(at(t, "1"), value(t, "1")))
	require.EqualError(t, r.WriteProof(t.Context(), io.Discard, at(t, "1"), syntax.RepoPath{}), "repo: no path")
	require.EqualError(t, &repo.WriteError{}, `repo: write 0 of "": (no reason)`)
}
