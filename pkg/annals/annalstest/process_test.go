package annalstest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// A parcel is sent, and its journey, a process, asks for news after a day, and gives up after three.
type (
	parcelEvent  interface{ parcelEvent() }
	sent         struct{}
	seen         struct{ At string }
	journeyEvent interface{ journeyEvent() }
	begun        struct{}
	asked        struct{ By string }
	lost         struct{}
	arrived      struct{}
	parcel       struct{ At string }
	journey      struct{ Status string }
	sendParcel   struct {
		ID annals.ID `json:"id" annals:"id"`
	}
	seeParcel struct {
		At string `json:"at"`
	}
)

func (sent) parcelEvent()     {}
func (seen) parcelEvent()     {}
func (begun) journeyEvent()   {}
func (asked) journeyEvent()   {}
func (lost) journeyEvent()    {}
func (arrived) journeyEvent() {}

func (parcel) send(sendParcel) ([]parcelEvent, error)  { return []parcelEvent{sent{}}, nil }
func (parcel) see(in seeParcel) ([]parcelEvent, error) { return []parcelEvent{seen(in)}, nil }

var (
	parcels = es.Aggregate[parcel, parcelEvent]{
		StreamType: "Parcel", Evolve: func(*parcel, parcelEvent) {},
		Events: es.NewRegistry(es.Type[parcelEvent]("ParcelSent", 1, sent{}), es.Type[parcelEvent]("ParcelSeen", 1, seen{})),
	}
	journeys = es.Aggregate[journey, journeyEvent]{
		StreamType: "Journey",
		Events: es.NewRegistry(es.Type[journeyEvent]("JourneyBegun", 1, begun{}), es.Type[journeyEvent]("NewsAskedFor", 1, asked{}),
			es.Type[journeyEvent]("ParcelLost", 1, lost{}), es.Type[journeyEvent]("ParcelArrived", 1, arrived{})),
		Evolve: func(s *journey, e journeyEvent) {
			s.Status = strings.TrimPrefix(fmt.Sprintf("%T", e), "annalstest_test.")
		},
	}
)

// follow is what a parcel's events mean for its journey.
func (s journey) follow(e projection.Event[parcelEvent]) []journeyEvent {
	switch data := e.Data.(type) {
	case sent:
		if s.Status == "" {
			return []journeyEvent{begun{}}
		}
	case seen:
		if data.At == "home" && s.Status != "arrived" && s.Status != "lost" {
			return []journeyEvent{arrived{}}
		}
	}
	return nil
}

var journeyOf = projection.New("journeys", 1, projection.From(journeys,
	projection.On(func(d *journey, e projection.Event[journeyEvent], _ *projection.Writes) error {
		journeys.Evolve(d, e.Data)
		return nil
	})))

// post is the service. step is the process's step after each of its events.
func post(steps ...annals.ProcessPart[journey, journeyEvent]) *annals.Service {
	more := append([]annals.ProcessPart[journey, journeyEvent]{annals.Wait[journey](
		func(t *annals.Timetable, e projection.Event[journeyEvent]) {
			switch e.Data.(type) {
			case begun:
				t.Set("news", e.At.Add(24*time.Hour))
				t.Set("lost", e.At.Add(72*time.Hour))
			case arrived, lost:
				t.CancelAll()
			}
		},
		func(_ *annals.Tx, p *es.Entity[journey, journeyEvent], due annals.Due) error {
			switch {
			case p.State.Status == "arrived":
			case due.Name == "news":
				p.Record(asked{"the clock"})
			default:
				p.Record(lost{})
			}
			return nil
		}),
	}, steps...)
	return annals.New("post", annals.Aggregate(parcels), annals.Aggregate(journeys),
		annals.Create("POST /parcels", parcels, parcel.send),
		annals.Command("POST /parcels/{id}/news", parcels, parcel.see),
		annals.ReadModel(journeyOf), annals.Document("GET /journeys/{id}", journeyOf),
		annals.AuditTrail("GET /streams/{type}/{id}"),
		annals.Process("journeys-of-parcels", journeys, annals.Follow(parcels,
			func(e projection.Event[parcelEvent]) string {
				if strings.HasPrefix(e.Stream.ID, "untracked") {
					return ""
				}
				return e.Stream.ID
			}, journey.follow), more...),
	)
}

// trail are the types of a stream's events.
func trail(t *testing.T, s *annalstest.Service, stream es.StreamID) string {
	t.Helper()
	var all []string
	for c, err := range s.Events.Read(t.Context(), stream, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.Events {
			all = append(all, e.Type)
		}
	}
	return strings.Join(all, " ")
}

// TestProcess: a process remembers, waits and ends, however its events are delivered.
func TestProcess(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		s := annalstest.Run(t, post(), annalstest.Config{Hostile: seed})
		for _, id := range []string{"a", "b", "untracked"} {
			s.Do(t, "POST /parcels", `{"id":"`+id+`"}`)
		}
		s.Do(t, "POST /parcels/a/news", `{"at":"the sea"}`)
		s.Advance(t, 25*time.Hour)
		s.Do(t, "POST /parcels/a/news", `{"at":"home"}`)
		if open := s.Deadlines(t); len(open) != 1 || open[0].Name != "lost" || open[0].Stream.ID != "b" {
			t.Errorf("open deadlines: %v, want that of b", open)
		}
		s.Advance(t, 48*time.Hour)
		s.Do(t, "POST /parcels/b/news", `{"at":"home"}`)
		for id, want := range map[string]string{
			"a": "JourneyBegun NewsAskedFor ParcelArrived", "b": "JourneyBegun NewsAskedFor ParcelLost", "untracked": "",
		} {
			if got := trail(t, s, journeys.Stream(id)); got != want {
				t.Errorf("journey of %s: %s, want %s", id, got, want)
			}
		}
	}
}

// TestGiven: given events, and at this time, these events follow.
func TestGiven(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, post())
	annalstest.Given(t, s, parcels, "a", []parcelEvent{sent{}, seen{At: "the sea"}})
	if got, want := annalstest.Recorded(t, s, journeys, "a"), []journeyEvent{begun{}}; !slices.Equal(got, want) {
		t.Errorf("the journey: %v, want %v", got, want)
	}
	s.Advance(t, 24*time.Hour)
	annalstest.Given(t, s, parcels, "a", []parcelEvent{seen{At: "home"}})
	want := []journeyEvent{begun{}, asked{By: "the clock"}, arrived{}}
	if got := annalstest.Recorded(t, s, journeys, "a"); !slices.Equal(got, want) {
		t.Errorf("the journey: %v, want %v", got, want)
	}
	if got := len(annalstest.Recorded(t, s, parcels, "a")); got != 3 {
		t.Errorf("%d events of the parcel, want 3", got)
	}
}

// TestProcessSteps: several steps may follow one event, each with a command of its own.
func TestProcessSteps(t *testing.T) {
	t.Parallel()
	ask := func(by string) annals.ProcessPart[journey, journeyEvent] {
		return annals.Then(func(_ *annals.Tx, p *es.Entity[journey, journeyEvent], _ projection.Event[journeyEvent]) error {
			p.Record(asked{by})
			return nil
		}, journeyEvent(begun{}))
	}
	s := annalstest.Run(t, post(ask("Ann"), ask("Bob")), annalstest.Config{Hostile: 7})
	s.Do(t, "POST /parcels", `{"id":"a"}`)
	if got, want := trail(t, s, journeys.Stream("a")), "JourneyBegun NewsAskedFor NewsAskedFor"; got != want {
		t.Errorf("journey: %s, want %s", got, want)
	}
}

// TestProcessFails: a step that fails for good parks the stream of its process, and no other.
func TestProcessFails(t *testing.T) {
	t.Parallel()
	fails := annals.Then(func(_ *annals.Tx, p *es.Entity[journey, journeyEvent], e projection.Event[journeyEvent]) error {
		if e.Stream.ID == "bad" {
			return errors.New("no such place")
		}
		p.Record(asked{"Ann"})
		return nil
	}, journeyEvent(begun{}))
	failures := &failing{TB: t}
	s := annalstest.Run(failures, post(fails))
	s.Do(t, "POST /parcels", `{"id":"bad"}`)
	s.Do(t, "POST /parcels", `{"id":"good"}`)
	s.Do(t, "POST /parcels/bad/news", `{"at":"home"}`)
	if got := fmt.Sprint(failures.says); got != "[journeys-of-parcels parked Journey#bad: no such place]" {
		t.Errorf("failures: %s", got)
	}
	for id, want := range map[string]string{"bad": "JourneyBegun ParcelArrived", "good": "JourneyBegun NewsAskedFor"} {
		if got := trail(t, s, journeys.Stream(id)); got != want {
			t.Errorf("journey of %s: %s, want %s", id, got, want)
		}
	}
}

// TestProcessMistakes: what can't be declared is named.
func TestProcessMistakes(t *testing.T) {
	t.Parallel()
	follow := annals.Follow[journey, journeyEvent](parcels, nil, journey.follow)
	for want, part := range map[string]annals.Part{
		"a function of Follow for Parcel is nil": annals.Process("p", journeys, follow),
		"follows its own events: use annals.Then": annals.Process("p", journeys, annals.Follow(journeys,
			func(projection.Event[journeyEvent]) string { return "" },
			func(journey, projection.Event[journeyEvent]) []journeyEvent { return nil })),
		"is declared as a reaction, as deadlines or as a process": annals.Parts(
			annals.Process("p", journeys, annals.Wait[journey](
				func(*annals.Timetable, projection.Event[journeyEvent]) {},
				func(*annals.Tx, *es.Entity[journey, journeyEvent], annals.Due) error { return nil })),
			annals.Process("p", parcels, annals.Wait[parcel](
				func(*annals.Timetable, projection.Event[parcelEvent]) {},
				func(*annals.Tx, *es.Entity[parcel, parcelEvent], annals.Due) error { return nil }))),
		"have the environment variable PAY_KEY": annals.Parts(annals.Setting("payKey", time.Hour), annals.Secret("PAY_KEY", 1)),
		"begin with TABLE_":                     annals.Setting("tableEvents", time.Hour),
		"has the name of a reaction": annals.Parts(
			annals.React("r", parcels, func(*annals.Tx, projection.Event[parcelEvent]) error { return nil }),
			annals.Recurring("r", "rate(1 hour)", "", func(*annals.Tx, time.Time) error { return nil })),
		"a part is nil":                     annals.Process[journey, journeyEvent]("p", journeys, nil),
		"the function of Then is nil":       annals.Process("p", journeys, annals.Then[journey, journeyEvent](nil)),
		"it needs one Wait at most":         annals.Process("p", journeys, annals.Wait[journey, journeyEvent](nil, nil)),
		"aggregate Journey is not declared": annals.Process("p", journeys, annals.Then(func(*annals.Tx, *es.Entity[journey, journeyEvent], projection.Event[journeyEvent]) error { return nil })),
		"its name must be in kebab case":    annals.Deadlines("P", parcels, func(*annals.Timetable, projection.Event[parcelEvent]) {}, func(*annals.Tx, annals.Due) error { return nil }),
		"a function is nil":                 annals.Deadlines("p", parcels, nil, nil),
		"the schedule is":                   annals.Recurring("r", "hourly", "", func(*annals.Tx, time.Time) error { return nil }),
		"its function is nil":               annals.Recurring("r", "rate(1 hour)", "", nil),
		"is no duration of whole seconds":   annals.Setting("wait", time.Millisecond),
		"its name must have letters only":   annals.Setting("wait-time", time.Second),
	} {
		s := annals.New("post", annals.Aggregate(parcels), part)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mistakes: %v, want %q", err, want)
		}
	}
	s := annals.New("post", annals.Aggregate(parcels),
		annals.Recurring("r", "rate(1 hour)", "Mars/Base", func(*annals.Tx, time.Time) error { return nil }))
	if err := s.CheckTimeZones(); err == nil || !strings.Contains(err.Error(), `the time zone is "Mars/Base"`) {
		t.Errorf("mistake: %v", err)
	}
}

// TestHostileRepeats: with Hostile, steps and commands of deadlines are really repeated.
func TestHostileRepeats(t *testing.T) {
	t.Parallel()
	steps, dues := 0, 0
	for seed := range uint64(10) {
		s := annalstest.Run(t, post(annals.Then(
			func(*annals.Tx, *es.Entity[journey, journeyEvent], projection.Event[journeyEvent]) error {
				steps++
				return nil
			}, journeyEvent(begun{}))), annalstest.Config{Hostile: seed + 1})
		for i := range 10 {
			s.Do(t, "POST /parcels", fmt.Sprintf(`{"id":"p-%d"}`, i))
		}
		s.Advance(t, 25*time.Hour)
		for i := range 10 {
			dues += strings.Count(trail(t, s, journeys.Stream(fmt.Sprintf("p-%d", i))), "NewsAskedFor")
		}
	}
	if steps < 120 || dues != 100 { // decisions without events of their own count each time; 100 are the least
		t.Errorf("%d steps for 100 events, want more; %d events of 100 deadlines, want 100", steps, dues)
	}
}
