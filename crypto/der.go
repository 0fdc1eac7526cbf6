package crypto

import "fmt"

// DER of an ECDSA signature: SEQUENCE { r INTEGER, s INTEGER } (RFC 3279,
// section 2.2.3). With scalars of 32 bytes all lengths fit in one byte.
const (
	derInteger  = 0x02
	derSequence = 0x30

	maxDERSize = 2 + 2*(2+1+scalarSize) // both integers with a zero before the top bit
)

// SignatureFromDER converts a signature from ASN.1 DER, as most key management
// services and hardware modules return it, to the 64 bytes of the protocol, and
// makes its S low. It is for implementations of [Signer].
//
// It is an error if der is not the distinguished encoding of two integers in
// the range 1 to n-1 of the curve. Whether the signature matches a message is
// not checked. Signatures from the network are never DER: do not convert those.
func SignatureFromDER(c Curve, der []byte) ([]byte, error) {
	if c.order() == "" {
		return nil, errInvalidCurve
	}
	var sig [SignatureSize]byte
	if len(der) < 2 || der[0] != derSequence || int(der[1]) != len(der)-2 {
		return nil, fmt.Errorf("crypto: invalid DER signature: no sequence that spans all %d bytes", len(der))
	}
	rest, ok := cutDERInteger(der[2:], sig[:scalarSize])
	if !ok {
		return nil, fmt.Errorf("crypto: invalid DER signature: r is no positive integer of at most %d bytes", scalarSize)
	}
	rest, ok = cutDERInteger(rest, sig[scalarSize:])
	if !ok {
		return nil, fmt.Errorf("crypto: invalid DER signature: s is no positive integer of at most %d bytes", scalarSize)
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("crypto: invalid DER signature: %d bytes after s", len(rest))
	}
	if checkSignature(c, sig[:], true) != 0 {
		return nil, fmt.Errorf("crypto: invalid DER signature: r or s out of range for %v", c)
	}
	lowerS(c, &sig)
	return sig[:], nil
}

// cutDERInteger reads an INTEGER at the start of b into dst, padded on the
// left, and returns what follows. It fails for a negative number, one with
// needless leading zeros, and one that does not fit.
func cutDERInteger(b, dst []byte) (rest []byte, ok bool) {
	if len(b) < 2 || b[0] != derInteger || b[1] == 0 || b[1] > scalarSize+1 || int(b[1]) > len(b)-2 {
		return nil, false
	}
	num, rest := b[2:2+b[1]], b[2+b[1]:]
	switch {
	case num[0] >= 0x80:
		return nil, false
	case num[0] == 0 && len(num) > 1:
		if num[1] < 0x80 {
			return nil, false
		}
		num = num[1:]
	}
	if len(num) > len(dst) {
		return nil, false
	}
	copy(dst[len(dst)-len(num):], num)
	return rest, true
}

// appendDER appends the DER form of a compact signature with non-zero scalars.
func appendDER(dst, sig []byte) []byte {
	start := len(dst)
	dst = append(dst, derSequence, 0)
	dst = appendDERInteger(dst, sig[:scalarSize])
	dst = appendDERInteger(dst, sig[scalarSize:])
	dst[start+1] = byte(len(dst) - start - 2)
	return dst
}

func appendDERInteger(dst, num []byte) []byte {
	for len(num) > 1 && num[0] == 0 {
		num = num[1:]
	}
	if num[0] < 0x80 {
		dst = append(dst, derInteger, byte(len(num)))
	} else {
		dst = append(dst, derInteger, byte(len(num)+1), 0)
	}
	return append(dst, num...)
}
