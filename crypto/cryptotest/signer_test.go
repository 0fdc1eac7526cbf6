package cryptotest_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"sync"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/cryptotest"
	"github.com/stretchr/testify/require"
)

// A funcSigner signs with a key and then spoils the result.
type funcSigner struct {
	*crypto.PrivateKey
	sign func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error)
}

func (s funcSigner) Sign(ctx context.Context, message []byte) ([]byte, error) {
	return s.sign(ctx, s.PrivateKey, message)
}

// A changingSigner has another public key each time.
type changingSigner struct{ *crypto.PrivateKey }

func (s changingSigner) PublicKey() *crypto.PublicKey {
	k, err := crypto.GenerateKey(crypto.P256)
	if err != nil {
		panic(err)
	}
	return k.PublicKey()
}

// A recorder keeps what a test reports.
type recorder struct {
	testing.TB
	reports []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatal(args ...any) {
	r.reports = append(r.reports, fmt.Sprint(args...))
	runtime.Goexit()
}

// report returns what TestSigner says of s.
func report(t *testing.T, s crypto.Signer) []string {
	r := &recorder{TB: t}
	var wg sync.WaitGroup
	wg.Go(func() { cryptotest.TestSigner(r, s) })
	wg.Wait()
	return r.reports
}

func TestTestSigner(t *testing.T) {
	for _, c := range []crypto.Curve{crypto.P256, crypto.K256} {
		k, err := crypto.GenerateKey(c)
		require.NoError(t, err)
		cryptotest.TestSigner(t, k)
		cryptotest.TestSigner(t, funcSigner{k, func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("gave up: %w", err)
			}
			return k.Sign(ctx, message)
		}})
		require.Empty(t, report(t, k))
	}
}

func TestTestSignerFails(t *testing.T) {
	k, err := crypto.GenerateKey(crypto.P256)
	require.NoError(t, err)
	order, ok := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	require.True(t, ok)
	var mu sync.Mutex
	shared := make([]byte, 64)

	for name, sign := range map[string]func(context.Context, *crypto.PrivateKey, []byte) ([]byte, error){
		"high S now and then": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			sig, err := k.Sign(ctx, message)
			if sig[0]&1 == 0 {
				s := new(big.Int).SetBytes(sig[32:])
				s.Sub(order, s).FillBytes(sig[32:])
			}
			return sig, err
		},
		"takes 32 bytes for a digest": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			if len(message) == 32 {
				message = append(message, 0)
			}
			return k.Sign(ctx, message)
		},
		"modifies the message": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			sig, err := k.Sign(ctx, message)
			clear(message)
			return sig, err
		},
		"reuses its buffer": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			sig, err := k.Sign(ctx, message)
			copy(shared, sig)
			if len(message) < 20 {
				return shared, err
			}
			return sig, err
		},
		"one byte short": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			sig, err := k.Sign(ctx, message)
			return sig[:63], err
		},
		"fails": func(context.Context, *crypto.PrivateKey, []byte) ([]byte, error) {
			return nil, errors.New("no")
		},
		"hides the cancelled context": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			if ctx.Err() != nil {
				return nil, errors.New("no")
			}
			return k.Sign(ctx, message)
		},
		"fails concurrently": func(ctx context.Context, k *crypto.PrivateKey, message []byte) ([]byte, error) {
			if len(message) == len("concurrent message 0") {
				return nil, errors.New("busy")
			}
			return k.Sign(ctx, message)
		},
	} {
		require.NotEmpty(t, report(t, funcSigner{k, sign}), name)
	}
	require.NotEmpty(t, report(t, changingSigner{k}))
	require.Equal(t, []string{"cryptotest: PublicKey returned an invalid key"}, report(t, (*crypto.PrivateKey)(nil)))
}
