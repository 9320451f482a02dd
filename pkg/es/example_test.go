package es_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// The whole of it in memory: an aggregate, its events, a repository, a decision that is refused and one that is repeated.
func Example() {
	ctx := context.Background()
	repo := es.NewRepository(es.NewExecutor(memstore.New(memstore.Config{}), es.ExecutorConfig{}), lamps, es.RepositoryConfig{})

	built, err := repo.Create(ctx, "hall", es.Command{}, func() ([]lampEvent, error) { return []lampEvent{Installed{Watts: 40}}, nil })
	fmt.Println("created:", built.Version, built.Events, err)

	press := es.Command{Ref: es.CommandRef{ID: "press-1"}}
	for range 2 { // the second is a repeat: it answers as the first, and stores nothing
		lit, err := repo.Execute(ctx, "hall", press, Lamp.SwitchOn)
		fmt.Println("switched:", lit.Version, lit.State.On, lit.Replayed, err)
	}
	_, err = repo.Execute(ctx, "hall", es.Command{}, Lamp.SwitchOn)
	fmt.Println("refused:", err)

	var missing *es.NotFoundError
	_, err = repo.Load(ctx, "attic")
	fmt.Println("missing:", errors.As(err, &missing), err)
	// Output:
	// created: 1 [{Installed 1}] <nil>
	// switched: 2 true false <nil>
	// switched: 2 true true <nil>
	// refused: it is on already
	// missing: true Lamp#attic not found
}

// Events are plain structs behind one interface.
type lampEvent interface{ isLampEvent() }

// Installed is a lamp's first event.
type Installed struct{ Watts int }

// SwitchedOn says that it gives light.
type SwitchedOn struct{}

func (Installed) isLampEvent()  {}
func (SwitchedOn) isLampEvent() {}

// Lamp is the state, folded from the events.
type Lamp struct {
	Watts int
	On    bool
}

// SwitchOn is a decision: it looks at the state, and says what happens.
func (l Lamp) SwitchOn() ([]lampEvent, error) {
	if l.On {
		return nil, errors.New("it is on already")
	}
	return []lampEvent{SwitchedOn{}}, nil
}

var lamps = es.Aggregate[Lamp, lampEvent]{
	StreamType: "Lamp",
	Events:     es.NewRegistry(es.Type[lampEvent]("Installed", 1, Installed{}), es.Type[lampEvent]("SwitchedOn", 1, SwitchedOn{})),
	Evolve: func(l *Lamp, event lampEvent) {
		switch e := event.(type) {
		case Installed:
			l.Watts = e.Watts
		case SwitchedOn:
			l.On = true
		}
	},
}

// One decision over two streams: both are written, or none.
func ExampleExecutor_Execute() {
	ctx := context.Background()
	executor := es.NewExecutor(memstore.New(memstore.Config{}), es.ExecutorConfig{})
	repo := es.NewRepository(executor, lamps, es.RepositoryConfig{})
	out, err := executor.Execute(ctx, es.Command{}, func(tx *es.Tx) error {
		for _, id := range []string{"left", "right"} {
			lamp, err := repo.New(tx, id)
			if err != nil {
				return err
			}
			lamp.Record(Installed{Watts: 25}, SwitchedOn{})
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
	registry := es.NewRegistry(es.Type[lampEvent]("Installed", 2, Installed{})).
		Upcast("Installed", 1, es.UpcastJSON("Installed", 2, func(old v1) (Installed, error) {
			var e Installed
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
