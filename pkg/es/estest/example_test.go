package estest_test

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
)

// A lamp can be switched on once.

type lampEvent interface{ lampEvent() }

type switchedOn struct {
	By string `json:"by"`
}

func (switchedOn) lampEvent() {}

type lamp struct{ on bool }

var errAlreadyOn = errors.New("the lamp is on already")

func (l lamp) switchOn(by string) ([]lampEvent, error) {
	if l.on {
		return nil, errAlreadyOn
	}
	return []lampEvent{switchedOn{By: by}}, nil
}

var lamps = estest.For(es.Aggregate[lamp, lampEvent]{
	StreamType: "Lamp",
	Events:     es.NewRegistry(es.Type[lampEvent]("LampSwitchedOn", 1, switchedOn{})),
	Evolve:     func(l *lamp, _ lampEvent) { l.on = true },
})

// t replaces the *testing.T of a test: it prints the failures.
var t printer

type printer struct{}

func (printer) Helper() {}

func (printer) Errorf(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stdout, format+"\n", args...)
}

func ExampleFor() {
	adaSwitchesOn := func(l lamp) ([]lampEvent, error) { return l.switchOn("Ada") }

	// these two hold
	lamps.Given().When(adaSwitchesOn).Then(t, switchedOn{By: "Ada"}).ThenState(t, lamp{on: true})
	lamps.Given(switchedOn{By: "Bob"}).When(adaSwitchesOn).ThenError(t, errAlreadyOn)

	// this one does not
	lamps.Given().When(adaSwitchesOn).ThenError(t, errAlreadyOn)
	// Output:
	// no error, want "the lamp is on already"
	// got:
	//   estest_test.switchedOn{By:Ada}
}

func ExampleHistory_State() {
	fmt.Println(lamps.Given(switchedOn{By: "Bob"}).State().on)
	// Output: true
}

func ExampleClock() {
	clock := estest.NewClock(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	clock.Advance(time.Minute)
	fmt.Println(clock.Now())
	// Output: 2026-01-31 12:01:00 +0000 UTC
}

func ExampleIDs() {
	newID := estest.IDs("order")
	fmt.Println(newID(), newID())
	// Output: order-1 order-2
}
