package es_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// Events are plain structs behind one interface.
type lampEvent interface{ isLampEvent() }
type installed struct{ Watts int }
type switchedOn struct{}

func (installed) isLampEvent()  {}
func (switchedOn) isLampEvent() {}

// lamp is the state, folded from the events. switchOn is a decision: it reads the state and returns new events.
type lamp struct{ On bool }

func (l lamp) switchOn() ([]lampEvent, error) {
	if l.On {
		return nil, errors.New("it is on already")
	}
	return []lampEvent{switchedOn{}}, nil
}

var lamps = es.Aggregate[lamp, lampEvent]{
	StreamType: "Lamp",
	Events: es.NewRegistry(es.Type[lampEvent]("Installed", 1, installed{}),
		es.Type[lampEvent]("SwitchedOn", 1, switchedOn{})),
	Evolve: func(l *lamp, event lampEvent) {
		if _, lit := event.(switchedOn); lit {
			l.On = true
		}
	},
}

// A complete program, in memory: a creation, a command, its repeat, and a command that is refused.
func Example() {
	ctx := context.Background()
	repo := es.Open(memstore.New(), lamps)

	made, err := repo.Create(ctx, "hall", es.Command{}, func() ([]lampEvent, error) {
		return []lampEvent{installed{Watts: 40}}, nil
	})
	fmt.Println("created:", made.Version, made.Events, err)

	press := es.Command{Ref: es.CommandRef{ID: "press-1"}}
	for range 2 { // the second is a repeat: same answer, nothing stored
		lit, err := repo.Execute(ctx, "hall", press, lamp.switchOn)
		fmt.Println("switched:", lit.Version, lit.State.On, lit.Replayed, err)
	}
	_, err = repo.Execute(ctx, "hall", es.Command{}, lamp.switchOn)
	fmt.Println("refused:", err)
	// Output:
	// created: 1 [{Installed 1}] <nil>
	// switched: 2 true false <nil>
	// switched: 2 true true <nil>
	// refused: it is on already
}
