// Package car reads and writes CAR files, the container in which repositories,
// record proofs and the blocks of firehose commits travel.
//
// It implements CAR version 1 as the AT Protocol uses it
// (https://atproto.com/specs/repository#car-file-serialization; the format
// itself: https://ipld.io/specs/transport/car/carv1/). A file is a header that
// names the root CIDs, then sections: a length, a CID, and the block that it
// names. Order and repetition of blocks mean nothing to a reader.
//
// Begin with [NewReader] for a stream, block after block in constant memory;
// with [NewIndex] for a file that is in memory, to look blocks up by CID
// without copying them; and with [NewWriter] to write one. Both readers accept
// the same files and refuse the others with the same errors.
//
// Every block is checked against the hash in its CID, once, before anybody
// sees it: a wrong one is a [*HashError]. Other damage is an [*Error] with the
// offset; an input beyond a limit of [Options] is a [*LimitError]. A file cut
// off in the middle of a section gives [io.ErrUnexpectedEOF] inside the Error.
// One cut off between two sections looks complete: whoever needs completeness,
// as package repo does, notices the missing block.
//
// No input makes the package panic, or allocate more than a small multiple of
// the bytes that are really there: lengths are limited, and beyond that not
// believed. The roots are only what the header says, whether they are in the
// file or not.
//
// What a CAR file contains, and whether blocks are missing or superfluous, is
// not this package's matter: that is for package repo.
//
// Readers, Writers and Cursors are for one goroutine and come from their
// constructors only; an Index may be shared, and the zero Index has no blocks.
// Large files are hashed by several goroutines: [Options.Workers].
package car

import "github.com/linnet-at/linnet/dagcbor"

// MediaType is the media type of CAR files. In a file system their names end
// in ".car" (https://atproto.com/specs/repository#car-file-serialization).
const MediaType = "application/vnd.ipld.car"

// A Block is a block and its name.
type Block struct {
	CID  dagcbor.CID
	Data []byte
}
