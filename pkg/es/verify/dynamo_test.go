package verify_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/verify"
)

// TestIntactStore checks several hundred streams on DynamoDB Local. Every fifth append goes to one to three streams,
// and some commits are compressed.
func TestIntactStore(t *testing.T) {
	t.Parallel()
	store, _ := openTable(t)
	const streams, appends = 400, 900
	var done sync.WaitGroup
	for part := range 4 { // each with its own streams
		mine := newWriter(store)
		done.Go(func() {
			for i := range appends / 4 {
				stream := func(j int) es.StreamID { return account(part*streams/4 + j%(streams/4)) }
				to := []es.StreamID{stream(i)}
				if i%5 == 0 {
					to = append(to, stream(i+1), stream(i+2))
				}
				n := 1 + i%4
				if i%50 == 0 {
					n = es.MaxEvents - 1
				}
				if err := mine.append(t.Context(), n, to...); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
	for _, segments := range []int{1, 16} {
		got, err := verify.Store(t.Context(), store, verify.Config{Segments: segments, Heads: true})
		if err != nil || got.Found > 0 || got.Streams != streams || got.Commits != appends+appends/5*2 ||
			len(got.Heads) != streams {
			t.Errorf("verify in %d segments: %v, %+v, want no findings", segments, err, got)
		}
	}
}

// TestWhileOthersAppend: new commits, in one stream or several, are never a finding.
func TestWhileOthersAppend(t *testing.T) {
	t.Parallel()
	dynamo, _ := openTable(t)
	for name, store := range map[string]interface {
		es.Store
		verify.Source
	}{"memory": memstore.New(), "dynamodb": dynamo} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			var done sync.WaitGroup
			var appended atomic.Int64
			for part := range 3 {
				w := newWriter(store)
				done.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						stream := func(j int) es.StreamID { return es.StreamID{Type: "Account", ID: fmt.Sprint(part, "-", j)} }
						if err := w.append(ctx, 1+i%3, stream(i%40), stream(40+i*7%40)); err != nil && ctx.Err() == nil {
							t.Error(err)
							return
						}
						appended.Add(1)
						time.Sleep(time.Millisecond)
					}
				})
			}
			var witnesses []verify.Witness
			for i := 0; i < 6 || appended.Load() < 50; i++ {
				got, err := verify.StoreWithin(ctx, store, verify.Config{Segments: 3, Heads: true, Witnesses: witnesses}, 10)
				if err != nil || got.Found > 0 {
					t.Errorf("verify after %d concurrent appends: %v, findings %+v, want none", appended.Load(), err, got.Findings)
				}
				anchors, err := got.Anchors(time.Now())
				if err != nil {
					t.Fatal(err)
				}
				witnesses = anchors.Witnesses("the check before")
			}
			cancel()
			done.Wait()
			if len(witnesses) == 0 {
				t.Error("no check saw a commit")
			}
		})
	}
}
