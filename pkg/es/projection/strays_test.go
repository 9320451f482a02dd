package projection_test

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// torn is a store in which one stream can't be read any more.
type torn struct {
	es.Reader
	stream es.StreamID
}

func (s torn) Read(ctx context.Context, stream es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	if stream != s.stream {
		return s.Reader.Read(ctx, stream, r)
	}
	return func(yield func(es.Commit, error) bool) {
		yield(es.Commit{}, &es.CorruptError{Stream: stream, Version: 1, Reason: "torn"})
	}
}

// TestVerifyPassesTornStreams: rows of a stream that can't be read any more do not end a verification. The stream
// itself is reported elsewhere.
func TestVerifyPassesTornStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := ledgers(t)
		e := b.engineOn(torn{b.store, note("c")}, b.view, b.catalog, projection.Config{}, ledgerOf(1, "T"))
		cfg := projection.RebuildConfig{Segments: 2, VerifySample: 1000, Log: slog.New(slog.DiscardHandler)}
		if _, err := projection.NewRebuilder(e, b.store, cfg).Verify(t.Context(), "log", 1); err != nil {
			t.Error(err)
		}
	})
}
