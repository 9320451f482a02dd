package estest_test

import (
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
)

// A small aggregate: a door that counts the visitors who pass through.

type doorEvent interface{ doorEvent() }

type opened struct {
	By string `json:"by"`
}

type passed struct {
	Who string `json:"who"`
	// Lost is a field that its JSON tag drops.
	Lost int `json:"-"`
}

type painted struct{} // not registered

func (opened) doorEvent()  {}
func (passed) doorEvent()  {}
func (painted) doorEvent() {}

type door struct {
	open bool
	Who  []string
}

var doorEvents = es.NewRegistry(
	es.Type[doorEvent]("DoorOpened", 1, opened{}),
	es.Type[doorEvent]("DoorPassed", 2, passed{}),
).Upcast("DoorPassed", 1, es.UpcastJSON("DoorPassed", 2, func(old passedV1) (passed, error) {
	return passed{Who: old.Name}, nil
}))

type passedV1 struct {
	Name string `json:"name"`
}

var doors = estest.For(es.Aggregate[door, doorEvent]{StreamType: "Door", Events: doorEvents,
	Evolve: func(d *door, event doorEvent) {
		switch e := event.(type) {
		case opened:
			d.open = true
		case passed:
			d.Who = append(d.Who, e.Who)
		}
	}})

var errShut = errors.New("the door is shut")

// tooManyError has data, so callers match it by its type.
type tooManyError struct{ Already int }

func (e *tooManyError) Error() string { return fmt.Sprintf("%d have passed already", e.Already) }

func (d door) pass(who string) ([]doorEvent, error) {
	switch {
	case !d.open:
		return nil, fmt.Errorf("%s: %w", who, errShut)
	case len(d.Who) == 2:
		return nil, fmt.Errorf("%s: %w", who, &tooManyError{Already: 2})
	}
	return []doorEvent{passed{Who: who}}, nil
}

func (d door) leaveAsItIs() ([]doorEvent, error) { return nil, nil }

func pass(who string) func(door) ([]doorEvent, error) {
	return func(d door) ([]doorEvent, error) { return d.pass(who) }
}
