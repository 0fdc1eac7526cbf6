package crypto

import (
	"errors"

	"gitlab.com/yawning/secp256k1-voi/secec"
)

// parseK256 decodes a compressed or uncompressed point whose length and first
// byte have been checked.
func parseK256(b []byte) (*secec.PublicKey, error) {
	k, err := secec.NewPublicKey(b)
	if err != nil {
		return nil, errNotOnCurve
	}
	return k, nil
}

// verifyK256 reports whether the compact signature, already known to be of the
// right length and range, is one of the key over the digest.
func verifyK256(k *secec.PublicKey, digest *[32]byte, sig []byte) bool {
	return k.Verify(digest[:], sig, &secec.ECDSAOptions{Encoding: secec.EncodingCompact})
}

type k256Secret struct{ k *secec.PrivateKey }

func generateK256() (k256Secret, error) {
	k, err := secec.GenerateKey()
	return k256Secret{k}, err
}

func parseK256Secret(raw []byte) (k256Secret, error) {
	k, err := secec.NewPrivateKey(raw)
	if err != nil {
		return k256Secret{}, errScalarRange
	}
	return k256Secret{k}, nil
}

func (s k256Secret) point() []byte {
	return s.k.PublicKey().Bytes()
}

func (s k256Secret) bytes() []byte {
	return s.k.Bytes()
}

// sign returns the deterministic signature (RFC 6979) in compact form. The
// library's signatures are low-S.
func (s k256Secret) sign(digest *[32]byte) ([]byte, error) {
	sig, err := s.k.Sign(secec.RFC6979SHA256(), digest[:], &secec.ECDSAOptions{Encoding: secec.EncodingCompact})
	if err != nil {
		return nil, errors.New("crypto: K-256 signing failed: " + err.Error())
	}
	return sig, nil
}
