package reaction_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Bills that are canceled if they are not paid in three days.
type (
	billEvent interface{ isBillEvent() }
	billed    struct{}
	extended  struct{ Until time.Time }
	paid      struct{}
	canceled  struct{}
)

func (billed) isBillEvent()   {}
func (extended) isBillEvent() {}
func (paid) isBillEvent()     {}
func (canceled) isBillEvent() {}

type bill struct{ Paid, Canceled bool }

var bills = es.Aggregate[bill, billEvent]{
	StreamType: "Bill",
	Events: es.NewRegistry(es.Type[billEvent]("Billed", 1, billed{}), es.Type[billEvent]("Extended", 1, extended{}),
		es.Type[billEvent]("Paid", 1, paid{}), es.Type[billEvent]("Canceled", 1, canceled{})),
	Evolve: func(b *bill, e billEvent) {
		switch e.(type) {
		case paid:
			b.Paid = true
		case canceled:
			b.Canceled = true
		}
	},
}

const threeDays = 72 * time.Hour

func askForPayment(o *reaction.Open, e projection.Event[billEvent]) {
	switch data := e.Data.(type) {
	case billed:
		o.Set("payment", e.At.Add(threeDays))
	case extended:
		o.Set("payment", data.Until)
	case paid, canceled:
		o.CancelAll()
	}
}

// world is a timer over bills, with a clock that the test moves.
type world struct {
	clock     *estest.Clock
	store     *memstore.Store
	repo      *es.Repository[bill, billEvent]
	scheduler *estest.Scheduler
	catalog   projection.Catalog
	view      projection.View
	timer     *reaction.Timer
	engine    *projection.Engine
	fail      error // of the next commands
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := estest.NewClock(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	store := memstore.New(memstore.Config{Now: clock.Now})
	w := &world{
		clock: clock, store: store, repo: es.NewRepository(es.NewExecutor(store), bills),
		scheduler: &estest.Scheduler{}, catalog: memview.NewCatalog(), view: memview.New(),
	}
	w.timer, w.engine = w.process()
	if err := w.engine.Start(t.Context()); err != nil { // events from before the timer was started are ignored
		t.Fatal(err)
	}
	return w
}

var errUnavailable = errors.New("unavailable")

// process is the timer in another process.
func (w *world) process() (*reaction.Timer, *projection.Engine) {
	timer := reaction.NewTimer(reaction.TimerConfig{
		Name: "cancel-unpaid", Log: slog.New(slog.DiscardHandler), Scheduler: w.scheduler, Now: w.clock.Now,
		Sources:   []reaction.Source{reaction.From(bills, reaction.Ask(askForPayment))},
		Transient: func(err error) bool { return errors.Is(err, errUnavailable) },
		Due: func(ctx context.Context, d reaction.Deadline, cmd es.Command) error {
			if w.fail != nil {
				return w.fail
			}
			_, err := w.repo.Execute(ctx, d.Stream.ID, cmd, func(b bill) ([]billEvent, error) {
				if b.Paid || b.Canceled {
					return nil, nil
				}
				return []billEvent{canceled{}}, nil
			})
			return err
		},
	})
	return timer, projection.NewEngine(w.store, w.catalog,
		projection.Config{Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)},
		projection.Subscription{Projection: timer, View: w.view})
}

func (w *world) stream(id string) es.StreamID { return bills.Stream(id) }

// record records an event of a bill, and returns its commit.
func (w *world) record(t *testing.T, id string, e billEvent) es.Commit {
	t.Helper()
	if err := w.add(t.Context(), id, e); err != nil {
		t.Fatal(err)
	}
	return w.commits(t, id)[len(w.commits(t, id))-1]
}

func (w *world) add(ctx context.Context, id string, e billEvent) error {
	_, err := w.repo.CreateOrExecute(ctx, id, es.Command{}, func(bill) ([]billEvent, error) {
		return []billEvent{e}, nil
	})
	return err
}

func (w *world) commits(t *testing.T, id string) []es.Commit {
	t.Helper()
	var all []es.Commit
	for c, err := range w.store.Read(t.Context(), w.stream(id), es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func (w *world) deliver(t *testing.T, commits ...es.Commit) {
	t.Helper()
	for stream, err := range w.engine.Apply(t.Context(), commits) {
		t.Fatalf("%s: %v", stream, err)
	}
}

func (w *world) does(t *testing.T, id string, e billEvent) {
	t.Helper()
	w.deliver(t, w.record(t, id, e))
}

// due fires what is due, and returns the outcomes.
func (w *world) due(t *testing.T) string {
	t.Helper()
	var out []string
	for _, d := range w.scheduler.Due(w.clock.Now()) {
		fired, err := w.timer.Fire(t.Context(), w.engine, d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s", d.Stream.ID, fired.Outcome))
	}
	return strings.Join(out, ", ")
}

func (w *world) events(t *testing.T, id string) string {
	t.Helper()
	var all []string
	for _, c := range w.commits(t, id) {
		for _, e := range c.Events {
			all = append(all, e.Type)
		}
	}
	return strings.Join(all, " ")
}

func (w *world) open(t *testing.T) string {
	t.Helper()
	var all []string
	for d, err := range reaction.OpenDeadlines(t.Context(), w.engine, w.timer.Name(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		one := fmt.Sprintf("%s@%d %s %s", d.Stream.ID, d.Version, d.At.Format("02T15"), d.Failed)
		all = append(all, strings.TrimSpace(one))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// TestTimer: a bill that is not paid in time is canceled, once; a deadline can be moved and canceled.
func TestTimer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"unpaid", "paid", "extended", "late"} {
		w.does(t, id, billed{})
	}
	w.does(t, "paid", paid{})
	w.does(t, "extended", extended{Until: w.clock.Now().Add(2 * threeDays)})
	old := w.scheduler.Open()[0]
	want(t, "due at once", w.due(t), "")
	w.clock.Advance(threeDays)
	w.record(t, "late", paid{}) // not delivered yet
	want(t, "due", w.due(t), "late executed, unpaid executed")
	want(t, "late", w.events(t, "late"), "Billed Paid")
	want(t, "unpaid", w.events(t, "unpaid"), "Billed Canceled")
	want(t, "open", w.open(t), "extended@2 06T09")
	fired, err := w.timer.Fire(t.Context(), w.engine, old)
	if err != nil || fired.Outcome != reaction.Dropped {
		t.Errorf("fired again: %v, %v, want dropped", fired, err)
	}
	w.deliver(t, w.commits(t, "late")...)
	w.deliver(t, w.commits(t, "unpaid")...)
	w.does(t, "extended", extended{Until: w.clock.Now().Add(-time.Hour)})
	want(t, "due in the past", w.due(t), "extended executed")
	want(t, "extended", w.events(t, "extended"), "Billed Extended Extended Canceled")
	want(t, "open in the end", w.open(t), "")
	want(t, "asked for in the end", fmt.Sprint(w.scheduler.Open()), "[]")
}

// TestTimerCrash: the process ended after it asked and before it stored that. The deadline comes before the event is
// delivered again, and is not lost.
func TestTimerCrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.record(t, "b", billed{})
	d := reaction.Deadline{
		Timer: "cancel-unpaid", Stream: w.stream("b"), Name: "payment", At: c.At.Add(threeDays), Version: 1,
	}
	fired, err := w.timer.Fire(t.Context(), w.engine, d)
	if err != nil || fired.Outcome != reaction.Early || fired.Again != 15*time.Minute {
		t.Errorf("fired early: %v, %v", fired, err)
	}
	w.clock.Advance(threeDays)
	if fired, err = w.timer.Fire(t.Context(), w.engine, d); err != nil || fired.Outcome != reaction.Executed {
		t.Errorf("fired: %v, %v, want executed", fired, err)
	}
	want(t, "events", w.events(t, "b"), "Billed Canceled")
	d.Version, d.Stream = 7, w.stream("never")
	if fired, err = w.timer.Fire(t.Context(), w.engine, d); err != nil || fired.Outcome != reaction.Dropped {
		t.Errorf("fired for a stream that does not exist: %v, %v, want dropped", fired, err)
	}
}

// TestTimerScheduler: if the scheduler can't be asked, the event comes again, and other timers go on.
func TestTimerScheduler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.scheduler.Fail(fmt.Errorf("scheduler: %w", errUnavailable))
	c := w.record(t, "b", billed{})
	if failed := w.engine.Apply(t.Context(), []es.Commit{c}); len(failed) != 1 {
		t.Fatalf("failed: %v, want the stream", failed)
	}
	w.scheduler.Fail(nil)
	w.deliver(t, c)
	w.does(t, "c", billed{})
	want(t, "open", w.open(t), "b@1 03T09, c@1 03T09")
	w.scheduler.Fail(errUnavailable)
	w.deliver(t, w.record(t, "c", paid{})) // a deadline that can't be canceled is dropped when it is due
	w.scheduler.Fail(errors.New("the name is malformed"))
	w.deliver(t, w.record(t, "b", extended{Until: w.clock.Now().Add(time.Hour)}))
	parked := 0
	for p, err := range w.engine.Parked(t.Context()) {
		if err != nil || !strings.Contains(p.Error, "ask for cancel-unpaid: payment of Bill#b: the name is malformed") {
			t.Errorf("parked: %v, %v", p, err)
		}
		parked++
	}
	if parked != 1 {
		t.Errorf("%d parked streams, want 1", parked)
	}
	w.scheduler.Fail(nil)
	w.clock.Advance(threeDays)
	for what, err := range map[string]error{
		"run":    w.timer.Run(t.Context(), w.engine, w.stream("b"), "payment"),
		"cancel": w.timer.Cancel(t.Context(), w.engine, w.stream("b"), "payment"),
	} {
		if !errors.Is(err, reaction.ErrParked) {
			t.Errorf("%s a deadline of a parked stream: %v", what, err)
		}
	}
	want(t, "due while it is parked", w.due(t), "b delayed, c dropped")
	if err := w.engine.RetryStream(t.Context(), w.stream("b")); err != nil {
		t.Fatal(err)
	}
	want(t, "due after that", w.due(t), "b executed")
	want(t, "open", w.open(t), "")
	want(t, "events", w.events(t, "b"), "Billed Extended Canceled")
}

// TestTimerAtOnce: a deadline in the past may come before the state that has it is stored, also while a parked stream
// is retried. It is not lost.
func TestTimerAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var early []string
	firing := false // what fires applies the event, too, and asks again
	w.scheduler.OnSet(func(d reaction.Deadline) {
		if firing {
			return
		}
		firing = true
		defer func() { firing = false }()
		fired, err := w.timer.Fire(t.Context(), w.engine, d)
		if err != nil || fired.Again == 0 && fired.Outcome != reaction.Executed {
			t.Errorf("fired while it is asked for: %v, %v, want it executed, or fired again", fired, err)
		}
		early = append(early, string(fired.Outcome))
	})
	w.does(t, "a", extended{Until: w.clock.Now()})
	w.scheduler.Fail(errors.New("no"))
	w.does(t, "b", extended{Until: w.clock.Now()})
	w.scheduler.Fail(nil)
	if err := w.engine.RetryStream(t.Context(), w.stream("b")); err != nil {
		t.Fatal(err)
	}
	w.scheduler.OnSet(nil)
	w.due(t)
	for _, id := range []string{"a", "b"} {
		want(t, id, w.events(t, id), "Extended Canceled")
	}
	want(t, "open", w.open(t), "")
	want(t, "early", strings.Join(early, " "), "executed delayed")
}

// TestTimerTogether: deadlines of one stream that are due at the same time don't fail each other.
func TestTimerTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	timer := reaction.NewTimer(reaction.TimerConfig{
		Name: "t", Scheduler: w.scheduler, Now: w.clock.Now,
		Due: func(context.Context, reaction.Deadline, es.Command) error { return nil },
		Sources: []reaction.Source{reaction.From(bills, reaction.Ask(func(o *reaction.Open, e projection.Event[billEvent]) {
			for i := range 50 {
				o.Set(fmt.Sprint(i), e.At)
			}
		}))},
	})
	w.engine = projection.NewEngine(w.store, memview.NewCatalog(), projection.Config{Now: w.clock.Now},
		projection.Subscription{Projection: timer, View: w.view})
	w.does(t, "b", billed{})
	var wg sync.WaitGroup
	for _, d := range w.scheduler.Due(w.clock.Now()) {
		wg.Go(func() {
			for {
				fired, err := timer.Fire(t.Context(), w.engine, d)
				if err != nil {
					t.Error(err)
				}
				if err != nil || fired.Again == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	for d, err := range reaction.OpenDeadlines(t.Context(), w.engine, "t", time.Time{}) {
		t.Errorf("still open: %v, %v", d, err)
	}
}

// TestTimerFailed: a command that fails for good leaves the deadline open, and everything else goes on.
func TestTimerFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.does(t, "b", billed{})
	w.does(t, "c", billed{})
	d := w.scheduler.Open()[0]
	w.clock.Advance(threeDays)
	w.fail = errUnavailable
	fired, err := w.timer.Fire(t.Context(), w.engine, d)
	if err != nil || fired.Outcome != reaction.Delayed || fired.Again != time.Second {
		t.Errorf("fired: %v, %v, want it delayed by a second", fired, err)
	}
	w.fail = errors.New("no such bill")
	want(t, "due", w.due(t), "b failed, c failed")
	want(t, "open", w.open(t), "b@1 03T09 no such bill, c@1 03T09 no such bill")
	if n, err := w.timer.AskAgain(t.Context(), w.engine, time.Time{}); err != nil || n != 0 {
		t.Errorf("asked again: %d, %v, want none", n, err)
	}
	if err := w.timer.Run(t.Context(), w.engine, w.stream("b"), "payment"); err == nil ||
		err.Error() != "run cancel-unpaid: payment of Bill#b: no such bill" {
		t.Errorf("run again: %v", err)
	}
	w.fail = nil
	if err := w.timer.Run(t.Context(), w.engine, w.stream("b"), "payment"); err != nil {
		t.Error(err)
	}
	if err := w.timer.Cancel(t.Context(), w.engine, w.stream("c"), "payment"); err != nil {
		t.Error(err)
	}
	want(t, "open in the end", w.open(t), "")
	want(t, "b", w.events(t, "b"), "Billed Canceled")
	want(t, "c", w.events(t, "c"), "Billed")
	if err := w.timer.Run(t.Context(), w.engine, w.stream("c"), "payment"); !errors.Is(err, reaction.ErrNoDeadline) {
		t.Errorf("run what was canceled: %v", err)
	}
}

// TestTimerAskAgain: what the scheduler lost is asked for again.
func TestTimerAskAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 30 {
		w.does(t, fmt.Sprint("b", i), billed{})
		w.clock.Advance(time.Hour)
	}
	lost := w.scheduler.Due(w.clock.Now().Add(threeDays))
	if n, err := w.timer.AskAgain(t.Context(), w.engine, lost[9].At); err != nil || n != 10 {
		t.Errorf("asked again: %d, %v, want 10", n, err)
	}
	if n, err := w.timer.AskAgain(t.Context(), w.engine, time.Time{}); err != nil || n != 30 {
		t.Errorf("asked again: %d, %v, want 30", n, err)
	}
	if got := w.scheduler.Open(); fmt.Sprint(got) != fmt.Sprint(lost) {
		t.Errorf("asked for\n%v, want\n%v", got, lost)
	}
}

// TestTimerHostile: two processes get the events of bills in any order, repeatedly, while the scheduler fails at times
// and gives deadlines back twice. Each bill that was not paid in time is canceled once, and no other.
func TestTimerHostile(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			hostile(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func hostile(t *testing.T, r *rand.Rand) {
	t.Helper()
	w := newWorld(t)
	type process struct {
		timer  *reaction.Timer
		engine *projection.Engine
	}
	var processes []process
	for range 2 {
		timer, engine := w.process()
		processes = append(processes, process{timer, engine})
	}
	ids := []string{"a", "b", "c", "d"}
	var given, queued []reaction.Deadline // queued are to be fired again
	fire := func(d reaction.Deadline) {
		p := processes[r.IntN(2)]
		fired, err := p.timer.Fire(t.Context(), p.engine, d)
		if err != nil && !errors.Is(err, errUnavailable) {
			t.Fatal(err)
		}
		if err != nil || fired.Again > 0 {
			queued = append(queued, d)
		}
	}
	move := func(n int) {
		id := ids[r.IntN(len(ids))]
		switch n {
		case 0:
			if len(w.commits(t, id)) == 0 {
				w.record(t, id, billed{})
			}
		case 1:
			if all := w.commits(t, id); len(all) > 0 && len(all) < 4 && !strings.Contains(w.events(t, id), "Canceled") {
				w.record(t, id, extended{Until: w.clock.Now().Add(time.Duration(r.IntN(100)-20) * time.Hour)})
			}
		case 2:
			got := w.events(t, id)
			ended := strings.Contains(got, "Paid") || strings.Contains(got, "Canceled")
			if got != "" && !ended && r.IntN(3) == 0 {
				w.record(t, id, paid{})
			}
		case 3, 4, 5:
			all := w.commits(t, id)
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			processes[r.IntN(2)].engine.Apply(t.Context(), all[:r.IntN(len(all)+1)])
		case 6:
			w.clock.Advance(time.Duration(r.IntN(40)) * time.Hour)
		case 7:
			w.scheduler.Fail(nil)
			if r.IntN(3) == 0 {
				w.scheduler.Fail(errUnavailable)
			}
		case 8:
			due := slices.Concat(queued, w.scheduler.Due(w.clock.Now()))
			given, queued = append(given, due...), nil
			for _, d := range due {
				fire(d)
			}
		case 9:
			if len(given) > 0 {
				fire(given[r.IntN(len(given))])
			}
		}
	}
	for range 150 {
		move(r.IntN(10))
	}
	w.scheduler.Fail(nil)
	for range 3 { // at last everything is delivered, and all deadlines pass
		for _, id := range ids {
			if err := w.engine.RetryStream(t.Context(), w.stream(id)); err != nil {
				t.Fatal(err)
			}
		}
		w.clock.Advance(200 * time.Hour)
		due := slices.Concat(queued, w.scheduler.Due(w.clock.Now()))
		queued = nil
		for _, d := range due {
			fire(d)
		}
	}
	for _, id := range ids {
		got := w.events(t, id)
		if n := strings.Count(got, "Paid") + strings.Count(got, "Canceled"); got != "" && n != 1 {
			t.Errorf("bill %s: %s", id, got)
		}
	}
	want(t, "open in the end", w.open(t), "")
}

func TestTimerMistakes(t *testing.T) {
	t.Parallel()
	due := func(context.Context, reaction.Deadline, es.Command) error { return nil }
	from := func(h reaction.Handler) []reaction.Source { return []reaction.Source{reaction.From(bills, h)} }
	asks, scheduler := from(reaction.Ask(askForPayment)), &estest.Scheduler{}
	for what, cfg := range map[string]reaction.TimerConfig{
		"it needs a name":         {Sources: asks, Due: due, Scheduler: scheduler},
		"it needs a function Due": {Name: "t", Sources: asks, Scheduler: scheduler},
		"it needs a Scheduler":    {Name: "t", Sources: asks, Due: due},
		"of Bill has no function": {Name: "t", Sources: from(reaction.Ask[billEvent](nil)), Due: due, Scheduler: scheduler},
		"reads Bill twice":        {Name: "t", Sources: slices.Concat(asks, asks)},
	} {
		if err := reaction.NewTimer(cfg).Check(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("mistake: %v, want %q", err, what)
		}
	}
	mixed := reaction.New(reaction.Reaction{Name: "r", Sources: from(reaction.Ask(askForPayment))})
	if err := mixed.Check(); err == nil || !strings.Contains(err.Error(), "use it in a Timer") {
		t.Errorf("a reaction that asks for deadlines: %v", err)
	}
}

// TestTimerRefuses: what can't be asked for parks the stream, before the event.
func TestTimerRefuses(t *testing.T) {
	t.Parallel()
	for why, ask := range map[string]func(*reaction.Open, projection.Event[billEvent]){
		"its name must have 1 to 100 bytes": func(o *reaction.Open, e projection.Event[billEvent]) { o.Set("", e.At) },
		"is no instant from 1970 to 9999": func(o *reaction.Open, _ projection.Event[billEvent]) {
			o.Set("x", time.Time{})
		},
		"101 open deadlines: want at most 100": func(o *reaction.Open, e projection.Event[billEvent]) {
			for i := range 101 {
				o.Set(fmt.Sprint(i), e.At)
			}
		},
		"handler panicked: no": func(*reaction.Open, projection.Event[billEvent]) { panic("no") },
	} {
		w := newWorld(t)
		timer := reaction.NewTimer(reaction.TimerConfig{
			Name: "t", Scheduler: w.scheduler,
			Due:     func(context.Context, reaction.Deadline, es.Command) error { return nil },
			Sources: []reaction.Source{reaction.From(bills, reaction.Ask(ask))},
		})
		w.engine = projection.NewEngine(w.store, memview.NewCatalog(),
			projection.Config{Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)},
			projection.Subscription{Projection: timer, View: w.view})
		w.does(t, "b", billed{})
		parked := ""
		for p, err := range w.engine.Parked(t.Context()) {
			parked = fmt.Sprint(p.Error, err)
		}
		if !strings.Contains(parked, why) {
			t.Errorf("parked: %q, want %q", parked, why)
		}
		if got := w.scheduler.Open(); len(got) > 0 {
			t.Errorf("asked for %v", got)
		}
	}
}

// TestTimerNotes: a note with a deadline lasts until the deadline is moved, canceled or executed; it moves nothing.
func TestTimerNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reacted := 0
	timer := reaction.NewTimer(reaction.TimerConfig{
		Name: "reminders", Scheduler: w.scheduler, Now: w.clock.Now,
		Due: func(context.Context, reaction.Deadline, es.Command) error { return nil },
		Sources: []reaction.Source{reaction.From(bills,
			reaction.Ask(func(o *reaction.Open, e projection.Event[billEvent]) {
				left := 0
				switch e.Data.(type) {
				case billed:
					o.Set("third", e.At.Add(time.Hour))
					o.Note("third", 3)
				case extended:
					if o.Noted("third", &left) && left > 1 {
						o.Note("third", left-1)
					} else {
						o.Cancel("third")
					}
				}
				o.Note("none", 1)
			}),
			reaction.On(func(context.Context, projection.Event[extended], es.Command) error {
				reacted++
				return nil
			})),
		},
	})
	w.engine = projection.NewEngine(w.store, memview.NewCatalog(), projection.Config{Now: w.clock.Now},
		projection.Subscription{Projection: timer, View: w.view})
	w.does(t, "b", billed{})
	for i, left := range []int{1, 1, 0} {
		w.does(t, "b", extended{})
		if got := w.scheduler.Open(); len(got) != left || left > 0 && got[0].Version != 1 {
			t.Errorf("after %d more events: asked for %v, want %d of version 1", i+1, got, left)
		}
	}
	if reacted != 3 {
		t.Errorf("reacted %d times, want 3", reacted)
	}
}
