package car_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// A file is written block by block and read in the same way.
func Example() {
	root := []byte("the root")
	leaf := []byte("a leaf")

	var file bytes.Buffer
	w, err := car.NewWriter(&file, dagcbor.Sum(dagcbor.Raw, root))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, data := range [][]byte{root, leaf} {
		if err := w.Put(dagcbor.Sum(dagcbor.Raw, data), data); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(w.Size(), "bytes")

	r, err := car.NewReader(&file, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("root", r.Roots()[0])
	for block, err := range r.Blocks() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %q\n", block.CID, block.Data)
	}
	// Output:
	// 147 bytes
	// root bafkreianwvndkjyh7acre2q6c5croed65gkwe4j5o33naiveadxnmcfgnq
	// bafkreianwvndkjyh7acre2q6c5croed65gkwe4j5o33naiveadxnmcfgnq "the root"
	// bafkreigk626iq74p3byfavrrdkes5nmnc6f64dvri6ipq4ncvahvwmr4ue "a leaf"
}

// An Index looks blocks up by CID, in a file that is in memory.
func ExampleIndex() {
	data := []byte("a leaf")
	leaf := dagcbor.Sum(dagcbor.Raw, data)
	file := car.AppendHeader(nil, leaf)
	file = car.AppendBlock(file, leaf, data)

	x, err := car.NewIndex(file, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, root := range x.Roots() {
		block, found := x.Get(root)
		fmt.Printf("%q %t\n", block, found)
	}
	_, found := x.Get(dagcbor.Sum(dagcbor.Raw, []byte("another")))
	fmt.Println(found)
	// Output:
	// "a leaf" true
	// false
}

// Errors say what is wrong with a file, and where.
func ExampleError() {
	data := []byte("a leaf")
	leaf := dagcbor.Sum(dagcbor.Raw, data)
	good := car.AppendBlock(car.AppendHeader(nil, leaf), leaf, data)

	_, err := car.NewIndex(good[:len(good)-2], nil)
	fmt.Println(err)
	fmt.Println("cut off:", errors.Is(err, io.ErrUnexpectedEOF))

	bad := bytes.Clone(good)
	bad[len(bad)-1] ^= 1
	_, err = car.NewIndex(bad, nil)
	if wrong, found := errors.AsType[*car.HashError](err); found {
		fmt.Println("wrong block at offset", wrong.Offset)
	}

	_, err = car.NewIndex(good, &car.Options{MaxBlock: 5})
	fmt.Println(err)
	// Output:
	// car: section is cut off at offset 100: unexpected EOF
	// cut off: true
	// wrong block at offset 96
	// car: block size 6 exceeds the limit of 5 at offset 59
}
