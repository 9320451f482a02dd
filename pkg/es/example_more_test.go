package es_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

func newLamps() *es.Repository[lamp, lampEvent] {
	return es.Open(memstore.New(), lamps)
}

func install() ([]lampEvent, error) { return []lampEvent{installed{Watts: 40}}, nil }

// Errors that a caller may want to tell apart have types of their own, such as that of a missing aggregate.
func ExampleRepository_Load() {
	var missing *es.NotFoundError
	_, err := newLamps().Load(context.Background(), "attic")
	fmt.Println(errors.As(err, &missing), err)
	// Output: true Lamp#attic not found
}

// A command can expect a version: here the caller has seen version 1.
func ExampleCommand_expectedVersion() {
	ctx, repo := context.Background(), newLamps()
	_, _ = repo.Create(ctx, "hall", es.Command{}, install)
	_, _ = repo.Execute(ctx, "hall", es.Command{}, lamp.switchOn)
	seen := int64(1)
	_, err := repo.Execute(ctx, "hall", es.Command{ExpectedVersion: &seen}, lamp.switchOn)
	fmt.Println(err)
	// Output: Lamp#hall: version mismatch: expected 1, actual 2
}

// The state of an aggregate at its first version.
func ExampleRepository_LoadAt() {
	ctx, repo := context.Background(), newLamps()
	_, _ = repo.Create(ctx, "hall", es.Command{}, install)
	_, _ = repo.Execute(ctx, "hall", es.Command{}, lamp.switchOn)
	past, err := repo.LoadAt(ctx, "hall", es.Point{Version: 1}, time.Now())
	fmt.Println(past.Version, past.State.On, err)
	// Output: 1 false <nil>
}

// One decision over two streams: either both are written or none.
func ExampleExecutor_Execute() {
	ctx := context.Background()
	executor := es.NewExecutor(memstore.New())
	repo := es.NewRepository(executor, lamps)
	out, err := executor.Execute(ctx, es.Command{}, func(tx *es.Tx) error {
		for _, id := range []string{"left", "right"} {
			l, err := repo.New(tx, id)
			if err != nil {
				return err
			}
			l.Record(installed{Watts: 25}, switchedOn{})
		}
		return nil
	})
	right, _ := repo.Result(ctx, out, "right")
	fmt.Println(right.Version, right.State.On, err)
	// Output: 2 true <nil>
}

// An upcaster reads what older code stored: schema 1 had the power as text.
func ExampleUpcastJSON() {
	type v1 struct{ Power string }
	registry := es.NewRegistry(es.Type[lampEvent]("Installed", 2, installed{})).
		Upcast("Installed", 1, es.UpcastJSON("Installed", 2, func(old v1) (installed, error) {
			var e installed
			_, err := fmt.Sscanf(old.Power, "%dW", &e.Watts)
			return e, err
		}))
	stored := es.RawEvent{Type: "Installed", Schema: 1, Data: json.RawMessage(`{"Power":"60W"}`)}
	commit := es.Commit{Stream: lamps.Stream("hall"), Version: 1, Events: []es.RawEvent{stored}}
	err := registry.Decode(&commit, 0, func(e lampEvent) error {
		fmt.Printf("%+v\n", e)
		return nil
	})
	fmt.Println(err)
	// Output:
	// {Watts:60}
	// <nil>
}
