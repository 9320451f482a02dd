package estest

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

// Golden files hold personal data encrypted under one key, which every subject has: its bytes are 0 to 31. The nonces
// count on from there. The subject of fields that are marked "owner" is owner.
const (
	id    = "estest"
	owner = "owner"
)

// counting is a source of bytes that count from 0.
type counting struct{ next byte }

func (c *counting) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = c.next
		c.next++
	}
	return len(into), nil
}

// sealing returns a store in memory with the key of golden files.
func sealing() *personal.Store {
	secret := make([]byte, personal.KeyBytes)
	nonces := &counting{}
	_, _ = nonces.Read(secret)
	store, err := personal.NewStore(memstore.New(), oneKey{memkeys.New(), secret}, personal.Config{Rand: nonces})
	if err != nil {
		panic(err) // the configuration is valid
	}
	return store
}

// oneKey gives every subject the same key.
type oneKey struct {
	personal.Keys
	secret []byte
}

func (k oneKey) Load(_ context.Context, subjects ...string) (map[string]personal.Key, error) {
	keys := map[string]personal.Key{}
	for _, subject := range subjects {
		keys[subject] = personal.Key{Subject: subject, Number: 1, Secret: k.secret}
	}
	return keys, nil
}

// seal returns an encoded event as it is stored.
func seal[S, E any](aggregate es.Aggregate[S, E], raw es.RawEvent) (es.RawEvent, error) {
	if raw.Unsealed() == nil {
		return raw, nil
	}
	raw, err := raw.OwnedBy(owner)
	if err != nil {
		return raw, err
	}
	store := sealing()
	write := es.Write{Head: store.Empty(aggregate.Stream(id)), Events: []es.RawEvent{raw}}
	stored, err := store.Append(context.Background(), es.Append{Writes: []es.Write{write}})
	if err != nil {
		return raw, err
	}
	return es.RawEvent{Type: raw.Type, Schema: raw.Schema, Data: stored[0].Events[0].Data}, nil
}

// decode returns the events that a stored event stands for. It fails if they can't be read without keys.
func decode[S, E any](aggregate es.Aggregate[S, E], raw es.RawEvent) ([]E, error) {
	commit := &es.Commit{Stream: aggregate.Stream(id), Version: 1, Events: []es.RawEvent{raw}}
	erasing := aggregate
	if erasing.Events != nil {
		erasing.Events = erasing.Events.Erasing()
	}
	if _, err := decodeCommit(erasing, commit); err != nil {
		return nil, fmt.Errorf("without personal data: %w", err)
	}
	if err := sealing().Open(context.Background(), commit); err != nil {
		return nil, err
	}
	return decodeCommit(aggregate, commit)
}

func decodeCommit[S, E any](aggregate es.Aggregate[S, E], commit *es.Commit) ([]E, error) {
	var events []E
	err := aggregate.Events.Decode(commit, 0, func(e E) error {
		events = append(events, e)
		return nil
	})
	return events, err
}
