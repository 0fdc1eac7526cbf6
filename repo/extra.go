package repo

import (
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
)

// An ExtraBlockError reports a CAR file with blocks that do not belong to the
// repository, although [Options.RefuseExtra] is set.
type ExtraBlockError struct {
	CID   dagcbor.CID // the first of them
	Count int         // how many different ones there are
}

func (e *ExtraBlockError) Error() string {
	return "repo: CAR file has " + strconv.Itoa(e.Count) + " blocks that do not belong to the repository, the first is " + e.CID.String()
}

// usage notes which blocks of an Export were needed. A nil usage notes nothing.
type usage map[dagcbor.CID]struct{}

func (e *Export) newUsage() usage {
	if !e.o.RefuseExtra {
		return nil
	}
	return usage{e.commit.cid: {}}
}

func (u usage) add(c dagcbor.CID) {
	if u != nil {
		u[c] = struct{}{}
	}
}

// extra returns an error if e has blocks that were not needed.
func (u usage) extra(e *Export) error {
	if u == nil {
		return nil
	}
	var err *ExtraBlockError
	seen := usage{}
	for b := range e.file.Blocks() {
		if _, needed := u[b.CID]; needed {
			continue
		}
		if err == nil {
			err = &ExtraBlockError{CID: b.CID}
		}
		seen.add(b.CID)
		err.Count = len(seen)
	}
	if err == nil {
		return nil
	}
	return err
}
