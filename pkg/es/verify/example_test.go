package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/verify"
)

// Export the signed ends of all streams. Later, check the store against them.
func Example() {
	ctx := context.Background()
	store := memstore.New()
	stream := es.StreamID{Type: "Account", ID: "acc-1"}
	_, err := store.Append(ctx, es.Append{Writes: []es.Write{{
		Head:   store.Empty(stream),
		Events: []es.RawEvent{{Type: "AccountOpened", Schema: 1, Data: []byte(`{"ownerName":"Ann"}`)}},
	}}})
	if err != nil {
		panic(err)
	}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // in production: from a key store

	report, err := verify.Store(ctx, store, verify.Config{Segments: 4, Heads: true})
	if err != nil {
		panic(err)
	}
	anchors, err := report.Anchors(time.Now())
	if err != nil {
		panic(err)
	}
	var document bytes.Buffer
	if _, err := anchors.Write(&document, key); err != nil {
		panic(err)
	}

	// A year later, the table was lost and created again, empty.
	anchors, err = verify.ReadAnchors(&document, key.Public().(ed25519.PublicKey))
	if err != nil {
		panic(err)
	}
	restored := memstore.New()
	report, err = verify.Store(ctx, restored, verify.Config{Witnesses: anchors.Witnesses("anchors of last year")})
	if err != nil {
		panic(err)
	}
	for _, f := range report.Findings {
		fmt.Println(f.Stream, f.Version, f.Kind)
	}
	// Output: Account#acc-1 1 witness
}

// Check one stream.
func ExampleStream() {
	ctx := context.Background()
	store := memstore.New()
	report, err := verify.Stream(ctx, store, es.StreamID{Type: "Account", ID: "acc-1"}, verify.Witness{
		Source: "checkpoint of balances", Stream: es.StreamID{Type: "Account", ID: "acc-1"}, Version: 3,
		Hash: []byte{1, 2, 3},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(slices.Collect(func(yield func(string) bool) {
		for _, f := range report.Findings {
			yield(f.String())
		}
	}))
	// Output: [Account#acc-1@3: witness: checkpoint of balances has the hash 010203 for a commit here: the commit is missing or unreadable]
}
