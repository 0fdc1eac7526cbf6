package repo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// item is a record that was read.
type item struct {
	path string
	cid  dagcbor.CID
	data string
}

// pipe is a reader that can't be read again and can't tell its size.
func pipe(file []byte) io.Reader { return io.MultiReader(bytes.NewReader(file)) }

// streamed reads a CAR file as a stream.
func streamed(t testing.TB, r io.Reader, o *repo.Options) (items []item, err error) {
	t.Helper()
	s, err := repo.ReadStream(t.Context(), r, o)
	if err != nil {
		require.Nil(t, s)
		return nil, err
	}
	return collect(s.Records(t.Context()), o)
}

// itemsOf looks at records only after all of them were read.
func itemsOf(records []repo.Record) (items []item) {
	for _, r := range records {
		items = append(items, item{r.Path(), r.CID(), string(r.Bytes())})
	}
	return items
}

// indexed reads a CAR file that is in memory.
func indexed(t testing.TB, file []byte, o *repo.Options) (items []item, err error) {
	t.Helper()
	e, err := repo.ReadBytes(file, o)
	if err != nil {
		return nil, err
	}
	for r, err := range e.Records(t.Context()) {
		if err != nil {
			return items, err
		}
		items = append(items, item{r.Path(), r.CID(), string(r.Bytes())})
	}
	return items, nil
}

// ways are those in which a stream keeps what it may need again.
var ways = map[string]struct {
	reader func([]byte) io.Reader
	budget int64
	reuse  bool
}{
	"re-readable, to memory": {func(b []byte) io.Reader { return bytes.NewReader(b) }, 0, false},
	"re-readable":            {func(b []byte) io.Reader { return bytes.NewReader(b) }, 1, true},
	"memory":                 {pipe, 0, false},
	"memory, used again":     {pipe, 0, true},
	"file":                   {pipe, 1, false},
	"small parts":            {func(b []byte) io.Reader { return iotest.HalfReader(pipe(b)) }, -1, true},
}

// sameEverywhere requires that a file gives the same as a stream, in every way,
// and in memory. It returns that.
func sameEverywhere(t testing.TB, file []byte, o *repo.Options) ([]item, error) {
	t.Helper()
	want, wantErr := indexed(t, file, o)
	dir := t.TempDir()
	for name, way := range ways {
		c := *o
		c.MemoryBudget, c.TempDir, c.ReuseMemory = way.budget, dir, way.reuse
		got, err := streamed(t, way.reader(file), &c)
		requireSame(t, file, o, want, got, wantErr, err, name)
		empty(t, dir)
	}
	return want, wantErr
}

// requireSame compares what an Export and a Stream made of a file. Of several
// things that are wrong a stream may meet another one first: what is wrong with
// the tree before what is wrong with the file further on.
func requireSame(t testing.TB, file []byte, o *repo.Options, want, got []item, wantErr, err error, name string) {
	t.Helper()
	if wantErr == nil {
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		return
	}
	require.Error(t, err, name)
	if !isFileError(wantErr) {
		require.Equal(t, wantErr.Error(), err.Error(), name)
		require.Equal(t, want, got, name)
		return
	}
	if err.Error() != wantErr.Error() {
		_, other := indexed(t, goodPart(t, file), o)
		require.EqualError(t, err, other.Error(), name)
		require.False(t, isA[*mst.MissingBlockError](err) || isA[*repo.MissingRecordError](err), "%s: %v", name, err)
	}
}

func isFileError(err error) bool {
	limit, is := errors.AsType[*repo.LimitError](err)
	return isA[*car.Error](err) || isA[*car.HashError](err) || is && limit.Name[:3] == "car"
}

// goodPart returns the file up to what can't be read.
func goodPart(t testing.TB, file []byte) []byte {
	t.Helper()
	r, err := car.NewBytesReader(file, nil)
	require.NoError(t, err)
	for _, err := range r.Blocks() {
		if err != nil {
			break
		}
	}
	return file[:r.Offset()]
}

// empty requires that nothing was left in a directory.
func empty(t testing.TB, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// orders are the orders, repetitions and additions in which a repository's
// blocks can come.
func orders(t testing.TB, file []byte) map[string][]car.Block {
	t.Helper()
	_, blocks := sections(t, file)
	ordered := preorder(t, file)
	rnd := rand.New(rand.NewPCG(1, 2))
	shuffled, reversed := slices.Clone(blocks), slices.Clone(ordered)
	rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	slices.Reverse(reversed)
	once := slices.Clone(ordered)
	seen := map[dagcbor.CID]bool{}
	once = slices.DeleteFunc(once, func(b car.Block) bool { again := seen[b.CID]; seen[b.CID] = true; return again })
	_, foreign := sections(t, captured(t, "carol").file)
	var between []car.Block
	for i, b := range ordered {
		between = append(between, foreign[i%len(foreign)], b, b)
	}
	return map[string][]car.Block{
		"as it was": blocks, "pre-order": ordered, "each once": once, "shuffled": shuffled, "reversed": reversed,
		"commit last": append(slices.Clone(ordered[1:]), ordered[0]), "nodes first": nodesFirst(ordered),
		"twice": slices.Concat(ordered, ordered), "foreign between": between, "foreign behind": slices.Concat(ordered, foreign),
		"foreign before": slices.Concat(foreign, ordered),
	}
}

func nodesFirst(blocks []car.Block) []car.Block {
	sorted := slices.Clone(blocks)
	isNode := func(b car.Block) bool { return bytes.HasPrefix(b.Data, []byte("\xa2\x61e")) }
	slices.SortStableFunc(sorted, func(a, b car.Block) int {
		return map[bool]int{true: 0, false: 1}[isNode(a)] - map[bool]int{true: 0, false: 1}[isNode(b)]
	})
	return sorted
}

func TestStream(t *testing.T) {
	ledger.Covers(t, "CAR-013", "CAR-014", "CAR-018", "CAR-020", "CAR-022", "CAR-023", "REP-029", "REP-030")
	for _, name := range []string{"alice", "dan", "bob"} {
		c := captured(t, name)
		for order, blocks := range orders(t, c.file) {
			if name == "bob" && order != "each once" && order != "shuffled" {
				continue // large
			}
			file := carFile([]dagcbor.CID{preorder(t, c.file)[0].CID}, blocks...)
			items, err := sameEverywhere(t, file, c.options())
			require.NoError(t, err, "%s: %s", name, order)
			require.Len(t, items, len(c.records))
		}
	}
}

// One record at many paths may stand in the file at each of them, or once.
func TestStreamRepeatedRecords(t *testing.T) {
	ledger.Covers(t, "CAR-021")
	r := newRepo(t)
	var writes []repo.Write
	for i := range 150 {
		writes = append(writes, repo.Create(at(t, fmt.Sprint(i)), value(t, fmt.Sprint(i%3))))
	}
	apply(t, r, writes...)
	file := export(t, r)
	all := orders(t, file)
	require.Less(t, len(all["each once"]), len(all["pre-order"]))
	for order, blocks := range all {
		items, err := sameEverywhere(t, carFile([]dagcbor.CID{r.Head().CID()}, blocks...), options(t))
		require.NoError(t, err, order)
		require.Len(t, items, 150, order)
	}
	o := options(t)
	o.RequirePreorder = true
	_, err := streamed(t, pipe(file), o)
	require.NoError(t, err)
	_, err = streamed(t, pipe(carFile([]dagcbor.CID{r.Head().CID()}, all["each once"]...)), o)
	errorIs[*repo.OrderError](t, err)
}

// Whatever is wrong is found by a stream too.
func TestStreamDamage(t *testing.T) {
	ledger.Covers(t, "REP-029", "REP-030", "CAR-008", "CAR-012")
	c := captured(t, "dan")
	blocks := preorder(t, c.file)
	roots := []dagcbor.CID{blocks[0].CID}
	good := carFile(roots, blocks...)
	try := func(file []byte) error {
		_, err := sameEverywhere(t, file, c.options())
		return err
	}
	_, all := extents(t, good)
	for i := range blocks {
		err := try(carFile(roots, slices.Delete(slices.Clone(blocks), i, i+1)...))
		require.Error(t, err)
		require.False(t, isFileError(err))
		require.Error(t, try(good[:all[i].length])) // cut off at a boundary
		require.ErrorIs(t, try(good[:all[i].end-1]), io.ErrUnexpectedEOF)
		bad := bytes.Clone(good)
		bad[all[i].end-1] ^= 1
		errorIs[*car.HashError](t, try(bad))
	}
	// Behind what is needed, too.
	errorIs[*car.HashError](t, try(append(bytes.Clone(good), car.AppendBlock(nil, roots[0], []byte("x"))...)))
	errorIs[*car.Error](t, try(append(bytes.Clone(good), 0)))
	for _, name := range []string{"no root", "unknown root"} {
		err := try(carFile(map[string][]dagcbor.CID{"unknown root": {blockOf(nil).CID}}[name], blocks...))
		require.Error(t, err, name)
	}
	require.Error(t, try(nil))
	o := c.options()
	o.Key = privateKey(t, crypto.K256).PublicKey()
	_, err := sameEverywhere(t, good, o)
	errorIs[*repo.SignatureError](t, err)
	for _, o := range []*repo.Options{nil, {}} {
		_, err = repo.ReadStream(t.Context(), nil, o)
		require.ErrorContains(t, err, "repo: no key to verify with")
	}
}

// Nodes that link to what they must not, and blocks in two roles.
func TestStreamHostileTrees(t *testing.T) {
	ledger.Covers(t, "REP-030")
	one := blockOf(record(t, `{"$type":"com.example.record"}`))
	inner := blockOf(leafNode("com.example.record/zz", one.CID))
	entries := []mst.Entry{{Key: "com.example.record/a", Value: one.CID}, {Key: "com.example.record/b", Value: inner.CID}}
	items, err := sameEverywhere(t, forge(t, entries, one, inner), options(t)) // a node that is a record
	require.NoError(t, err)
	require.Len(t, items, 2)

	_, err = sameEverywhere(t, forgeTree(t, one.CID, one), options(t)) // a record that is a node
	errorIs[*mst.NodeError](t, err)

	// A node for both sides of a key: a small graph with many paths.
	key, layer := "", 0
	for i := 0; layer < 1; i++ {
		key = fmt.Sprintf("com.example.record/m%d", i)
		layer = mst.Layer(key)
	}
	low := ""
	for i := 0; low == "" || mst.Layer(low) != layer-1; i++ {
		low = fmt.Sprintf("com.example.record/a%d", i)
	}
	leaf := blockOf(leafNode(low, one.CID))
	b := leafNode(key, one.CID)
	link := dagcbor.AppendLink(nil, leaf.CID)
	b = bytes.Replace(b, []byte("\x61t\xf6"), append([]byte("\x61t"), link...), 1)
	b = append(b[:len(b)-1], link...)
	root := blockOf(b)
	_, err = sameEverywhere(t, forgeTree(t, root.CID, root, leaf, one), options(t))
	require.ErrorContains(t, err, "keys are out of order between nodes")
}

// Leaves that look as if the next one were below them: the record in each has
// the bytes of the next leaf.
func TestStreamHostilePath(t *testing.T) {
	ledger.Covers(t, "REP-030")
	var low, high []string // keys of layers 0 and 1, in turn
	for i := 0; len(high) < 250; i++ {
		key := fmt.Sprintf("com.example.record/%06d", i)
		switch layer := mst.Layer(key); {
		case layer == 0 && len(low) == len(high):
			low = append(low, key)
		case layer == 1 && len(high) < len(low):
			high = append(high, key)
		}
	}
	last := blockOf(record(t, `{"$type":"com.example.record"}`))
	leaves := []car.Block{last}
	for i := range low {
		leaves = append(leaves, blockOf(leafNode(low[len(low)-1-i], leaves[i].CID)))
	}
	slices.Reverse(leaves) // in the order of their keys; the record is the last one
	var entries []mst.Entry
	for i := range low {
		entries = append(entries, mst.Entry{Key: low[i], Value: leaves[i+1].CID}, mst.Entry{Key: high[i], Value: last.CID})
	}
	root, nodes := treeOf(t, entries...)
	file := forgeTree(t, root, append(nodes, leaves...)...)
	roots, _ := sections(t, file)
	file = carFile(roots, preorder(t, file)...)
	items, err := sameEverywhere(t, file, options(t))
	require.NoError(t, err)
	require.Len(t, items, 500)
	o := options(t)
	o.RequirePreorder, o.ReuseMemory = true, true
	strict, err := streamed(t, pipe(file), o)
	require.NoError(t, err)
	require.Equal(t, items, strict)
}

func TestStreamOptions(t *testing.T) {
	ledger.Covers(t, "REP-031", "DAT-025")
	good, bad := blockOf(value(t, "x")), blockOf([]byte{0x80})
	entries := []mst.Entry{
		{Key: collection + "/a", Value: good.CID}, {Key: collection + "/b", Value: bad.CID},
		{Key: "no path", Value: good.CID}, {Key: collection + "/c", Value: good.CID},
	}
	file := forge(t, entries, good, bad)
	// A record that is not valid is one of many: the others come, too.
	items, err := sameEverywhere(t, file, options(t))
	require.NoError(t, err)
	require.Len(t, items, 4)
	s, err := repo.ReadStream(t.Context(), pipe(file), options(t))
	require.NoError(t, err)
	valid := 0
	for r, err := range s.Records(t.Context()) {
		require.NoError(t, err)
		if r.Validate() == nil {
			valid++
		}
	}
	require.Equal(t, 2, valid)

	o := options(t)
	o.CheckRecords = true
	_, err = sameEverywhere(t, file, o)
	errorIs[*repo.RecordError](t, err)
	for _, limit := range []int64{1, int64(len(file)) - 1} {
		o = options(t)
		o.MaxSize = limit
		_, err = streamed(t, bytes.NewReader(file), o)
		require.Equal(t, limit, errorIs[*repo.LimitError](t, err).Limit)
	}
	o.CAR = &car.Options{MaxBlocks: 1}
	o.MaxSize = 0
	_, err = sameEverywhere(t, file, o)
	require.ErrorContains(t, err, "car: number of blocks 2 exceeds the limit of 1")

	o = options(t)
	o.SkipRecords = true
	for _, blocks := range [][]car.Block{{good, bad}, {bad}, nil} {
		items, err = sameEverywhere(t, forge(t, entries, blocks...), o)
		require.NoError(t, err)
		require.Len(t, items, 4)
		require.Empty(t, items[0].data)
	}
}

func TestRequirePreorder(t *testing.T) {
	ledger.Covers(t, "CAR-019", "CAR-022")
	c := captured(t, "alice")
	strict := c.options()
	strict.RequirePreorder = true
	strict.TempDir = filepath.Join(t.TempDir(), "nowhere")
	root := []dagcbor.CID{preorder(t, c.file)[0].CID}
	var errs []string
	for order, blocks := range orders(t, c.file) {
		_, err := streamed(t, pipe(carFile(root, blocks...)), strict)
		if order == "pre-order" || order == "each once" { // there are no repeated records
			require.NoError(t, err, order)
			continue
		}
		bad := errorIs[*repo.OrderError](t, err)
		require.NotEqual(t, bad.Want, bad.Got)
		errs = append(errs, err.Error())
	}
	require.Len(t, errs, 9)
	blocks := preorder(t, c.file)
	_, err := streamed(t, pipe(carFile(root, append(blocks, blocks[3])...)), strict)
	require.EqualError(t, err, "repo: CAR file is not in pre-order: block "+blocks[3].CID.String()+" comes after the last one")
	_, err = streamed(t, pipe(carFile(root, blocks[0], blocks[2])), strict)
	require.Equal(t, &repo.OrderError{Want: blocks[1].CID, Got: blocks[2].CID}, err)
	require.EqualError(t, err, "repo: CAR file is not in pre-order: block "+blocks[2].CID.String()+" comes where "+blocks[1].CID.String()+" is due")
	for n := range blocks { // cut off, but in order
		_, err := streamed(t, pipe(carFile(root, blocks[:n]...)), strict)
		require.True(t, isA[*repo.CommitError](err) || isA[*mst.MissingBlockError](err) || isA[*repo.MissingRecordError](err), "%v", err)
	}
	strict.SkipRecords = true
	items, err := streamed(t, pipe(carFile(root, blocks...)), strict)
	require.NoError(t, err)
	require.Len(t, items, len(c.records))
}

// A block that is not wanted stands where a record was left out, and what comes
// behind it is right: it is refused all the same.
func TestRequirePreorderSkipped(t *testing.T) {
	c := captured(t, "alice")
	o := c.options()
	o.RequirePreorder, o.SkipRecords = true, true
	records := map[string]bool{}
	for _, r := range c.records {
		records[r[1]] = true
	}
	blocks := slices.DeleteFunc(preorder(t, c.file), func(b car.Block) bool { return records[b.CID.String()] })
	root := []dagcbor.CID{blocks[0].CID}
	items, err := streamed(t, pipe(carFile(root, blocks...)), o)
	require.NoError(t, err)
	require.Len(t, items, len(c.records))
	foreign := blockOf([]byte("foreign"))
	for i := 2; i < len(blocks); i++ {
		_, err := streamed(t, pipe(carFile(root, slices.Insert(slices.Clone(blocks), i, foreign)...)), o)
		require.Equal(t, &repo.OrderError{Want: blocks[i].CID, Got: foreign.CID}, err)
	}
}

// A stream begins where its input stands, also when it is read again.
func TestStreamBehindOthers(t *testing.T) {
	c := captured(t, "alice")
	_, blocks := sections(t, c.file)
	slices.Reverse(blocks)
	file := carFile([]dagcbor.CID{preorder(t, c.file)[0].CID}, blocks...)
	for _, budget := range []int64{0, 1} {
		o := c.options()
		o.MemoryBudget, o.TempDir = budget, t.TempDir()
		in := bytes.NewReader(append([]byte("something else"), file...))
		_, err := in.Seek(14, io.SeekStart)
		require.NoError(t, err)
		items, err := streamed(t, in, o)
		require.NoError(t, err)
		require.Len(t, items, len(c.records))
	}
}

func TestProgress(t *testing.T) {
	file := synthetic(t, 4000)
	for name, read := range map[string]func(io.Reader, *repo.Options) error{
		"stream": func(r io.Reader, o *repo.Options) error { _, err := streamed(t, r, o); return err },
		"memory": func(r io.Reader, o *repo.Options) error { _, err := readFully(t.Context(), r, o); return err },
	} {
		for total, r := range map[int64]io.Reader{int64(len(file)): bytes.NewReader(file), -1: pipe(file)} {
			var got []repo.Progress
			o := options(t)
			o.Progress = func(p repo.Progress) { got = append(got, p) }
			require.NoError(t, read(r, o), name)
			require.Equal(t, total, got[0].Total)
			if name == "memory" { // it knows by now
				total = int64(len(file))
			}
			require.Equal(t, repo.Progress{Bytes: int64(len(file)), Total: total, Records: 4000}, got[len(got)-1])
			require.True(t, slices.IsSortedFunc(got, func(a, b repo.Progress) int {
				if a.Bytes <= b.Bytes && a.Records <= b.Records && a != b {
					return -1
				}
				return 1
			}), "%v", got)
			require.GreaterOrEqual(t, len(got), 4)
			require.Less(t, len(got), 20)
		}
	}
}

func TestStreamStats(t *testing.T) {
	c := captured(t, "alice")
	for order, blocks := range orders(t, c.file) {
		file := carFile([]dagcbor.CID{preorder(t, c.file)[0].CID}, blocks...)
		s, err := repo.ReadStream(t.Context(), pipe(file), c.options())
		require.NoError(t, err)
		require.Equal(t, []any{c.head, c.rev, c.did}, []any{s.Commit().CID().String(), s.Commit().Rev().String(), s.Commit().DID()})
		size := 0
		for r, err := range s.Records(t.Context()) {
			require.NoError(t, err)
			size += len(r.Bytes())
		}
		e, err := repo.ReadBytes(file, c.options())
		require.NoError(t, err)
		var tree mst.Stats
		for _, err := range e.RecordsStats(t.Context(), &tree) {
			require.NoError(t, err)
		}
		got := s.Stats()
		if order == "pre-order" || order == "each once" || order == "foreign behind" || order == "twice" {
			require.True(t, got.Ordered, order)
		}
		if order == "reversed" || order == "shuffled" {
			require.False(t, got.Ordered, order)
		}
		got.Ordered = false
		require.Equal(t, repo.Stats{
			Bytes: int64(len(file)), Blocks: int64(len(blocks)), Nodes: tree.Nodes, NodeBytes: tree.Bytes,
			Records: tree.Entries, RecordBytes: int64(size),
		}, got, order)
	}
}

// The last block is missing, since it stood there before.
func TestStreamNotOrderedAtTheEnd(t *testing.T) {
	one := blockOf(record(t, `{"$type":"com.example.record"}`))
	file := forge(t, []mst.Entry{{Key: "com.example.record/a", Value: one.CID}, {Key: "com.example.record/b", Value: one.CID}}, one)
	blocks := preorder(t, file)
	for n, ordered := range map[int]bool{len(blocks): true, len(blocks) - 1: false} {
		s, err := repo.ReadStream(t.Context(), pipe(carFile([]dagcbor.CID{blocks[0].CID}, blocks[:n]...)), options(t))
		require.NoError(t, err)
		items, err := collect(s.Records(t.Context()), options(t))
		require.NoError(t, err)
		require.Len(t, items, 2)
		require.Equal(t, ordered, s.Stats().Ordered)
	}
}

func TestRecordClone(t *testing.T) {
	c := captured(t, "dan")
	items, err := indexed(t, c.file, c.options())
	require.NoError(t, err)
	file := bytes.Clone(c.file)
	e, err := repo.ReadBytes(file, c.options())
	require.NoError(t, err)
	var kept []repo.Record
	for r, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		kept = append(kept, r.Clone())
	}
	clear(file)
	require.Equal(t, items, itemsOf(kept))
}
