// Package cryptotest checks implementations of [crypto.Signer], such as those
// that reach a hardware module or a key management service.
//
// Call [TestSigner] from a test of the implementation:
//
//	func TestSigner(t *testing.T) {
//		cryptotest.TestSigner(t, newSigner(t))
//	}
//
// It holds a signer against what the interface's documentation asks and what
// verifiers of the network require
// (https://atproto.com/specs/cryptography#ecdsa-signature-malleability). It
// cannot tell whether the secret is kept well, nor whether nonces are random
// enough. It makes about fifty signatures, of which some run concurrently. The
// package has no state; functions may be called concurrently.
package cryptotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/linnet-at/linnet/crypto"
)

// messageSizes include those that a signer might take for a digest.
var messageSizes = []int{0, 1, 20, 31, 32, 33, 48, 64, 65, 118, 4096, 1 << 16}

// A signer that forgets to lower S gets it right once in two, so this many
// signatures let it pass once in 2^32.
const lowSTrials = 32

// TestSigner fails t if s does not fulfil the contract of [crypto.Signer].
func TestSigner(t testing.TB, s crypto.Signer) {
	t.Helper()
	key := s.PublicKey()
	if key.Curve() == 0 {
		t.Fatal("cryptotest: PublicKey returned an invalid key")
	}
	for _, err := range []error{
		checkSizes(t.Context(), s, key),
		checkLowS(t.Context(), s, key),
		checkAliasing(t.Context(), s, key),
		checkConcurrent(t.Context(), s, key),
		checkCancelled(t.Context(), s, key),
	} {
		if err != nil {
			t.Errorf("cryptotest: %v", err)
		}
	}
	if !s.PublicKey().Equal(key) {
		t.Errorf("cryptotest: PublicKey changed from %v to %v", key, s.PublicKey())
	}
}

// signAndVerify returns one signature that follows the rules.
func signAndVerify(ctx context.Context, s crypto.Signer, key *crypto.PublicKey, message []byte) ([]byte, error) {
	sent := bytes.Clone(message)
	sig, err := s.Sign(ctx, sent)
	if err != nil {
		return nil, fmt.Errorf("message of %d bytes: %w", len(message), err)
	}
	if !bytes.Equal(sent, message) {
		return nil, fmt.Errorf("message of %d bytes: Sign modified it", len(message))
	}
	if err := key.Verify(message, sig); err != nil {
		return nil, fmt.Errorf("message of %d bytes: %w", len(message), err)
	}
	return sig, nil
}

func checkSizes(ctx context.Context, s crypto.Signer, key *crypto.PublicKey) error {
	for _, size := range messageSizes {
		if _, err := signAndVerify(ctx, s, key, bytes.Repeat([]byte{0xa5}, size)); err != nil {
			return err
		}
	}
	_, err := signAndVerify(ctx, s, key, nil)
	return err
}

func checkLowS(ctx context.Context, s crypto.Signer, key *crypto.PublicKey) error {
	for i := range lowSTrials {
		if _, err := signAndVerify(ctx, s, key, fmt.Appendf(nil, "message %d", i)); err != nil {
			return err
		}
	}
	return nil
}

// checkAliasing uses a signature after the next one was made.
func checkAliasing(ctx context.Context, s crypto.Signer, key *crypto.PublicKey) error {
	first, second := []byte("the first message"), []byte("the second message")
	sig, err := signAndVerify(ctx, s, key, first)
	if err != nil {
		return err
	}
	if _, err := signAndVerify(ctx, s, key, second); err != nil {
		return err
	}
	if err := key.Verify(first, sig); err != nil {
		return errors.New("a signature was overwritten by the next one")
	}
	return nil
}

func checkConcurrent(ctx context.Context, s crypto.Signer, key *crypto.PublicKey) error {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = signAndVerify(ctx, s, key, fmt.Appendf(nil, "concurrent message %d", i))
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// checkCancelled allows a signer that does not look at its context, but one
// that gives up must say so.
func checkCancelled(ctx context.Context, s crypto.Signer, key *crypto.PublicKey) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := signAndVerify(ctx, s, key, []byte("cancelled")); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("context cancelled, but the error does not match context.Canceled: %w", err)
	}
	return nil
}
