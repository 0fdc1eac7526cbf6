package plc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
)

// typical returns an operation of the kind that most accounts have: two
// rotation keys, of which the second has signed.
func typical(b testing.TB, n int) (*plc.Operation, []*crypto.PrivateKey) {
	b.Helper()
	k := []*crypto.PrivateKey{privateKey(b, crypto.K256, fmt.Sprintf("%064x", 77)), privateKey(b, crypto.K256, fmt.Sprintf("%064x", 78))}
	d := dataOf(b, k...)
	d.AlsoKnownAs = []string{fmt.Sprintf("at://user-%d.bsky.social", n)}
	return forgeOf(d, null{}).sign(b, k[1]), k
}

func BenchmarkParseOperation(b *testing.B) {
	op, _ := typical(b, 1)
	text, err := op.MarshalJSON()
	require.NoError(b, err)
	b.Run("JSON", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := plc.ParseOperation(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	raw := op.AppendCBOR(nil)
	b.Run("CBOR", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if _, err := plc.ParseOperationCBOR(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("MarshalJSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := op.MarshalJSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Data", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = op.Data()
		}
	})
}

func BenchmarkParseEntry(b *testing.B) {
	op, _ := typical(b, 1)
	id, err := op.DID()
	require.NoError(b, err)
	e := entry(id, op, 0)
	e.Seq = 1
	line, err := json.Marshal(e)
	require.NoError(b, err)
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if _, err := plc.ParseEntry(line); err != nil {
			b.Fatal(err)
		}
	}
}

// What a signature costs, bare, and as part of an operation.
func BenchmarkVerifySignature(b *testing.B) {
	op, k := typical(b, 1)
	key := k[1].PublicKey()
	unsigned := op.AppendUnsigned(nil)
	sig, err := k[1].Sign(b.Context(), unsigned)
	require.NoError(b, err)
	b.Run("Bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := key.Verify(unsigned, sig); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Operation", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := op.VerifySignature(key); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Audit logs of one, two and three operations, which is what most accounts
// have, all of them signed by the second key.
func BenchmarkVerifyLog(b *testing.B) {
	for n := 1; n <= 3; n++ {
		op, k := typical(b, n)
		id, err := op.DID()
		require.NoError(b, err)
		ops := []*plc.Operation{op}
		for range n - 1 {
			d := dataOf(b, k...)
			d.AlsoKnownAs = []string{fmt.Sprint(n)}
			ops = append(ops, forgeOf(d, ops[len(ops)-1].CID().String()).sign(b, k[1]))
		}
		log := history(id, ops...)
		text, err := json.Marshal(log)
		require.NoError(b, err)
		b.Run(fmt.Sprintf("%d/Cached", n), func(b *testing.B) {
			b.ReportAllocs()
			opts := &plc.VerifyOptions{Keys: new(plc.KeyCache)}
			for b.Loop() {
				if _, _, err := plc.VerifyLog(id, log, opts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logs/s")
		})
		b.Run(fmt.Sprintf("%d/Fresh", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := plc.VerifyLog(id, log, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/FromJSON", n), func(b *testing.B) {
			b.ReportAllocs()
			opts := &plc.VerifyOptions{Keys: new(plc.KeyCache)}
			for b.Loop() {
				log, err := plc.ParseLog(text)
				if err != nil {
					b.Fatal(err)
				}
				if _, _, err := plc.VerifyLog(id, log, opts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logs/s")
		})
	}
}

// An export from its text to the verdicts, on one worker and on all
// processors.
func BenchmarkVerifyExport(b *testing.B) {
	const n = 500
	var text strings.Builder
	for i := range n {
		op, _ := typical(b, i)
		id, err := op.DID()
		require.NoError(b, err)
		e := entry(id, op, time.Duration(i)*time.Second)
		e.Seq = int64(i + 1)
		line, err := json.Marshal(e)
		require.NoError(b, err)
		text.Write(line)
		text.WriteByte('\n')
	}
	for _, workers := range []int{1, 0} {
		b.Run(fmt.Sprintf("Workers=%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				source := func(context.Context) iter.Seq2[plc.Entry, error] {
					return plc.ReadExport(strings.NewReader(text.String()))
				}
				for r, err := range plc.VerifyExport(b.Context(), source, &plc.BulkOptions{Workers: workers}) {
					if err != nil || r.Verdict.Err != nil {
						b.Fatal(err, r.Verdict.Err)
					}
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
