package personal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/storetest"
)

// TestStore: a store with keys keeps the contract of stores.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, now func() time.Time) es.Store {
		t.Helper()
		store, err := personal.NewStore(memstore.New(memstore.Config{Now: now}), memkeys.New())
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

// The events of a letter box, whose owner writes and gets letters.
type (
	event  interface{ boxEvent() }
	opened struct {
		Name string `json:"name" personal:"owner" erased:"\"(erased)\""`
	}
	received struct {
		Sender string   `json:"sender"`
		Text   string   `json:"text" personal:"subject=sender"`
		Words  []string `json:"words,omitempty" personal:"owner"`
		Stamp  int      `json:"stamp"`
	}
)

func (opened) boxEvent()   {}
func (received) boxEvent() {}

type box struct {
	Name    string
	Letters []received
}

var boxes = es.Aggregate[box, event]{
	StreamType: "Box",
	Events:     es.NewRegistry(es.Type[event]("BoxOpened", 1, opened{}), es.Type[event]("LetterReceived", 1, received{})),
	Evolve: func(b *box, e event) {
		switch e := e.(type) {
		case opened:
			b.Name = e.Name
		case received:
			b.Letters = append(b.Letters, e)
		}
	},
}

// post is a store with keys, on its parts.
type post struct {
	raw   *memstore.Store
	keys  *counted
	store *personal.Store
	boxes *es.Repository[box, event]
	now   time.Time
}

// counted counts the calls of keys, and fails them on demand.
type counted struct {
	personal.Keys
	notes, loads, creates int
	fail                  error
	bad                   string // a subject whose key can't be loaded, * = all
	badErr                error
}

func (c *counted) Note(ctx context.Context, subject string, stream es.StreamID) error {
	if c.fail != nil {
		return c.fail
	}
	c.notes++
	return c.Keys.Note(ctx, subject, stream)
}

func (c *counted) Load(ctx context.Context, subjects ...string) (map[string]personal.Key, error) {
	if c.fail != nil {
		return nil, c.fail
	}
	c.loads++
	if c.badErr != nil && (c.bad == "*" || slices.Contains(subjects, c.bad)) {
		return nil, c.badErr
	}
	return c.Keys.Load(ctx, subjects...)
}

func (c *counted) Create(ctx context.Context, key personal.Key) (personal.Key, error) {
	c.creates++
	return c.Keys.Create(ctx, key)
}

func (c *counted) take() string {
	defer func() { c.notes, c.loads, c.creates = 0, 0, 0 }()
	return fmt.Sprintf("%d notes, %d loads, %d creates", c.notes, c.loads, c.creates)
}

func newPost(t *testing.T, cfg personal.Config) *post {
	t.Helper()
	p := &post{raw: memstore.New(), keys: &counted{Keys: memkeys.New()}, now: time.Now()}
	p.reopen(t, cfg)
	return p
}

// reopen starts a new process.
func (p *post) reopen(t *testing.T, cfg personal.Config) {
	t.Helper()
	cfg.Now = func() time.Time { return p.now }
	var err error
	if p.store, err = personal.NewStore(p.raw, p.keys, cfg); err != nil {
		t.Fatal(err)
	}
	p.boxes = es.Open(p.store, boxes)
}

func (p *post) record(t *testing.T, id, actor string, events ...event) error {
	t.Helper()
	by := es.Command{Meta: es.Meta{Actor: actor}}
	_, err := p.boxes.CreateOrExecute(t.Context(), id, by, func(box) ([]event, error) { return events, nil })
	return err
}

func (p *post) must(t *testing.T, id, actor string, events ...event) {
	t.Helper()
	if err := p.record(t, id, actor, events...); err != nil {
		t.Fatalf("record %v in %s: %v", events, id, err)
	}
}

func (p *post) forget(t *testing.T, subject string) {
	t.Helper()
	if _, err := p.keys.Forget(t.Context(), subject, p.now); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(personal.MaxCacheFor)
}

// shows checks the state of a box, from its events and as it is loaded.
func (p *post) shows(t *testing.T, id, want string) {
	t.Helper()
	past, err := p.boxes.LoadAt(t.Context(), id, es.Point{}, time.Now())
	if got := fmt.Sprint(past.State); err != nil || got != want {
		t.Errorf("%s folded from its events is %s, %v, want %s", id, got, err, want)
	}
	loaded, err := p.boxes.Load(t.Context(), id)
	if got := fmt.Sprint(loaded.State); err != nil || got != want {
		t.Errorf("%s loaded is %s, %v, want %s", id, got, err, want)
	}
}

// TestForget: what is stored is not readable, what is read is; without a key, its values are erased, and no others.
func TestForget(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	dear := received{"bob", "Dear Ada", []string{"x"}, 7}
	p.must(t, "1", "ada", opened{"Ada Lovelace"}, dear, received{Sender: "eve", Stamp: 1})
	p.must(t, "1", "carl", received{"carl", "Hello", []string{"y"}, 8})
	for c, err := range p.raw.Read(t.Context(), boxes.Stream("1"), es.Range{}) {
		for _, e := range c.Events {
			for _, secret := range []string{"Lovelace", "Dear", "Hello", `"x"`, `"y"`} {
				if strings.Contains(string(e.Data), secret) {
					t.Errorf("stored is %s, in which %s can be read", e.Data, secret)
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p.shows(t, "1", "{Ada Lovelace [{bob Dear Ada [x] 7} {eve  [] 1} {carl Hello [y] 8}]}")
	p.forget(t, "bob")
	p.shows(t, "1", "{Ada Lovelace [{bob  [x] 7} {eve  [] 1} {carl Hello [y] 8}]}")
	p.forget(t, "ada") // who owns the box, although carl's command stored the words
	p.shows(t, "1", "{(erased) [{bob  [] 7} {eve  [] 1} {carl Hello [] 8}]}")
	p.reopen(t, personal.Config{})
	p.shows(t, "1", "{(erased) [{bob  [] 7} {eve  [] 1} {carl Hello [] 8}]}")
	_, err := es.FoldTo(t.Context(), p.raw, boxes, "1", es.Point{}, time.Now())
	if sealed := (*es.SealedError)(nil); !errors.As(err, &sealed) || sealed.Stream != boxes.Stream("1") || sealed.Version != 1 {
		t.Errorf("folded by a store without keys: %v, want a SealedError", err)
	}
	erasing := boxes
	erasing.Events = boxes.Events.Erasing()
	for _, reader := range []es.Reader{p.raw, p.store} {
		past, err := es.FoldTo(t.Context(), reader, erasing, "1", es.Point{}, time.Now())
		if err != nil || fmt.Sprint(past.State) != "{(erased) [{bob  [] 7} {eve  [] 1} {carl  [] 8}]}" {
			t.Errorf("folded erasing: %v, %v", past.State, err)
		}
	}
	var streams []es.StreamID
	for stream, err := range p.keys.Streams(t.Context(), "carl") {
		if streams = append(streams, stream); err != nil {
			t.Fatal(err)
		}
	}
	if len(streams) != 1 || streams[0] != boxes.Stream("1") {
		t.Errorf("the streams noted for carl are %v, want %v", streams, boxes.Stream("1"))
	}
}

// TestForgottenIsRefused: nothing about a subject who was forgotten is stored, unless the subject may get a new key.
func TestForgottenIsRefused(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	p.must(t, "1", "ada", opened{"Ada"}, received{Sender: "bob", Text: "old"})
	p.forget(t, "bob")
	var forgotten *personal.ForgottenError
	err := p.record(t, "1", "ada", received{Sender: "bob", Text: "new"})
	if !errors.As(err, &forgotten) || forgotten.Subject != "bob" {
		t.Errorf("a letter of a forgotten sender: %v, want a ForgottenError about bob", err)
	}
	p.shows(t, "1", "{Ada [{bob  [] 0}]}")
	p.must(t, "1", "ada", received{Sender: "bob", Stamp: 3}) // nothing in it is personal
	p.must(t, "2", "dan", opened{"Dan"})
	p.forget(t, "dan")
	p.must(t, "2", "dan", opened{"(erased)"}) // the erased value, copied from the state, says nothing
	p.shows(t, "2", "{(erased) []}")
	p.reopen(t, personal.Config{Renew: func(streamType string) bool { return streamType == "Box" }})
	p.must(t, "1", "ada", received{Sender: "bob", Text: "new"})
	p.shows(t, "1", "{Ada [{bob  [] 0} {bob  [] 3} {bob new [] 0}]}")
	p.forget(t, "bob")
	p.shows(t, "1", "{Ada [{bob  [] 0} {bob  [] 3} {bob  [] 0}]}")
}

// TestKeysAreAskedSeldom: the first event about a subject in a stream costs a note and a key, later ones nothing; a
// process that reads asks once in five minutes.
func TestKeysAreAskedSeldom(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	asked := func(when, want string) {
		t.Helper()
		if got := p.keys.take(); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	p.must(t, "1", "ada", opened{"Ada"})
	asked("the first event about ada", "1 notes, 1 loads, 1 creates")
	p.must(t, "1", "ada", received{Sender: "eve", Words: []string{"x"}})
	asked("the second in the same stream", "0 notes, 0 loads, 0 creates")
	p.must(t, "2", "ada", opened{"Ada"})
	asked("the first in another stream", "1 notes, 0 loads, 0 creates")
	p.must(t, "2", "ada", received{Sender: "eve"})
	p.shows(t, "2", "{Ada [{eve  [] 0}]}")
	asked("an event without personal data, and reading", "0 notes, 0 loads, 0 creates")
	p.now = p.now.Add(personal.MaxCacheFor)
	p.shows(t, "2", "{Ada [{eve  [] 0}]}")
	asked("reading after five minutes", "0 notes, 1 loads, 0 creates")
	p.now = p.now.Add(-time.Hour)
	p.shows(t, "2", "{Ada [{eve  [] 0}]}")
	asked("reading after the clock went back", "0 notes, 1 loads, 0 creates")
	p.reopen(t, personal.Config{})
	p.must(t, "2", "ada", received{Sender: "eve", Words: []string{"x"}})
	asked("the first in a new process", "1 notes, 1 loads, 0 creates")
}

// TestKeysThatFail: without an answer about keys nothing is stored and nothing is shown as erased.
func TestKeysThatFail(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	p.must(t, "1", "ada", opened{"Ada"})
	p.reopen(t, personal.Config{})
	p.keys.fail = fmt.Errorf("keys: %w", es.ErrUnavailable)
	if err := p.record(t, "2", "ada", opened{"Ada"}); !errors.Is(err, es.ErrUnavailable) {
		t.Errorf("append without an answer about keys: %v, want %v", err, es.ErrUnavailable)
	}
	_, err := p.boxes.Load(t.Context(), "1")
	if !errors.Is(err, es.ErrUnavailable) || errors.As(err, new(*es.CorruptError)) {
		t.Errorf("load without an answer about keys: %v, want %v", err, es.ErrUnavailable)
	}
	for _, err := range p.store.Scan(t.Context(), es.Segment{Of: 1}) {
		if !errors.Is(err, es.ErrUnavailable) {
			t.Errorf("scan without an answer about keys: %v, want %v", err, es.ErrUnavailable)
		}
	}
	var c es.Commit
	for stored := range p.raw.Read(t.Context(), boxes.Stream("1"), es.Range{}) {
		c = stored
	}
	opening := p.store.Open(t.Context(), &c)
	decoding := boxes.Events.Decode(&c, 0, func(event) error { return nil })
	if !errors.Is(opening, es.ErrUnavailable) || !errors.Is(decoding, es.ErrUnavailable) {
		t.Errorf("a record without an answer about keys: open: %v, decode: %v, want %v", opening, decoding, es.ErrUnavailable)
	}
	p.keys.fail = nil
	if _, err := p.boxes.Load(t.Context(), "2"); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("load what could not be stored: %v", err)
	}
	p.shows(t, "1", "{Ada []}")
}

// TestCopiedValues: a value that was copied to another stream, or changed, is not decrypted there.
func TestCopiedValues(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	p.must(t, "1", "ada", opened{"Ada Lovelace"})
	var stolen es.RawEvent
	for c := range p.raw.Read(t.Context(), boxes.Stream("1"), es.Range{}) {
		stolen = es.RawEvent{Type: c.Events[0].Type, Schema: 1, Data: c.Events[0].Data}
	}
	changed := stolen
	changed.Data = []byte(strings.Replace(string(stolen.Data), `"1.1.`, `"1.1.AAAA`, 1))
	unreadable := stolen
	unreadable.Data = []byte(`{"name":{"$sealed":"2.1.AAAA.ada"}}`)
	missing := stolen
	missing.Data = []byte(`{"name":{"$sealed":"1.1.AAAA.nobody"}}`)
	const strange = "a value does not belong to key 1 of subject ada, to this stream and to this type of event"
	for name, test := range map[string]struct {
		stream string
		event  es.RawEvent
		want   string
	}{
		"copied":     {"eve", stolen, strange},
		"changed":    {"1", changed, strange},
		"of no one":  {"none", missing, "subject nobody has neither a key nor a tombstone"},
		"of a later": {"new", unreadable, `a sealed value has version "2", this code reads version 1`},
	} {
		stream := boxes.Stream(test.stream)
		head, err := p.raw.Head(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.raw.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{test.event}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.boxes.Load(t.Context(), test.stream)
		if err == nil || !strings.Contains(err.Error(), stream.String()) || !strings.Contains(err.Error(), test.want) ||
			errors.Is(err, es.ErrUnavailable) {
			t.Errorf("%s: %v, want an error of %s: %s", name, err, stream, test.want)
		}
	}
	corrupt, whole := 0, 0
	for page, err := range p.store.Scan(t.Context(), es.Segment{Of: 1}) {
		if err != nil {
			t.Errorf("scan over what can't be decrypted: %v", err)
		}
		for _, c := range page.Commits {
			switch err := boxes.Events.Decode(&c, 0, func(event) error { return nil }); {
			case err == nil:
				whole++
			case errors.As(err, new(*es.CorruptError)), errors.As(err, new(*personal.MissingKeyError)):
				corrupt++
			}
		}
	}
	if corrupt != 4 || whole != 1 {
		t.Errorf("of a scan, %d commits can be decrypted and %d can't, want 1 and 4", whole, corrupt)
	}
}

// TestStatesAreForgotten: a state in memory, however often commands used it, is not used for longer than the key may
// be, and no snapshot is made of one.
func TestStatesAreForgotten(t *testing.T) {
	t.Parallel()
	const short = 50 * time.Millisecond // the repository reads the wall clock
	raw, keys := memstore.New(), memkeys.New()
	store, err := personal.NewStore(raw, keys, personal.Config{CacheFor: short})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := lru.New[es.StreamID, any](10)
	if err != nil {
		t.Fatal(err)
	}
	p := &post{boxes: es.Open(store, boxes, es.RepositoryConfig{StateCache: cache})}
	p.must(t, "1", "ada", opened{"Ada"})
	if _, err := keys.Forget(t.Context(), "ada", time.Now()); err != nil {
		t.Fatal(err)
	}
	forgotten := time.Now()
	for {
		before := time.Now()
		p.must(t, "1", "ada", received{Sender: "eve", Stamp: 1}) // a warm command
		loaded, err := p.boxes.LoadAtLeast(t.Context(), "1", 1)
		switch {
		case err != nil:
			t.Fatal(err)
		case loaded.State.Name == "(erased)":
			return
		case before.Sub(forgotten) > 2*short:
			t.Fatalf("the name %q is still in memory after %v, it may be for %v",
				loaded.State.Name, before.Sub(forgotten), short)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestFingerprints: what is stored of a command's fingerprint can't be computed without the key, a repeat is recognized
// in any process, and so is one that was stored before there was a key.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	cmd := es.Command{Ref: es.CommandRef{ID: "open", Fingerprint: "of the body"}, Meta: es.Meta{Actor: "ada"}}
	open := func(r *es.Repository[box, event], id string, cmd es.Command) (es.Result[box], error) {
		return r.Create(t.Context(), id, cmd, func() ([]event, error) { return []event{opened{"Ada"}}, nil })
	}
	if _, err := open(p.boxes, "1", cmd); err != nil {
		t.Fatal(err)
	}
	for c := range p.raw.Read(t.Context(), boxes.Stream("1"), es.Range{}) {
		if len(c.Command.Fingerprint) != 22 || c.Command.Fingerprint == cmd.Ref.Fingerprint {
			t.Errorf("the stored fingerprint is %q", c.Command.Fingerprint)
		}
	}
	before := es.Open(p.raw, es.Aggregate[int, any]{
		StreamType: "Box", Events: es.NewRegistry(es.Type[any]("BoxOpened", 1, struct{}{})), Evolve: func(*int, any) {},
	})
	if _, err := before.Create(t.Context(), "2", cmd, func() ([]any, error) { return []any{struct{}{}}, nil }); err != nil {
		t.Fatal(err)
	}
	p.reopen(t, personal.Config{})
	for _, id := range []string{"1", "2"} {
		if again, err := open(p.boxes, id, cmd); err != nil || !again.Replayed {
			t.Errorf("the command again, in %s: %+v, %v, want a repeat", id, again, err)
		}
		other := cmd
		other.Ref.Fingerprint = "of another body"
		if _, err := open(p.boxes, id, other); !errors.As(err, new(*es.CommandReusedError)) {
			t.Errorf("the command with another body, in %s: %v, want a CommandReusedError", id, err)
		}
	}
	if got, want := p.keys.take(), "3 notes, 4 loads, 2 creates"; got != want { // two processes, a key and a person each
		t.Errorf("keys were asked: %s, want %s", got, want)
	}
}

// TestRepeatAfterForgotten: a repeat of a command that was stored before its subject was forgotten is recognized. Who
// was forgotten may still act on the stream of another.
func TestRepeatAfterForgotten(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	open := es.Command{Ref: es.CommandRef{ID: "open"}, Meta: es.Meta{Actor: "ada"}}
	first := func(box) ([]event, error) { return []event{opened{"Ada"}}, nil }
	if _, err := p.boxes.CreateOrExecute(t.Context(), "1", open, first); err != nil {
		t.Fatal(err)
	}
	p.must(t, "2", "bob", opened{"Bob"})
	p.forget(t, "ada")
	if again, err := p.boxes.CreateOrExecute(t.Context(), "1", open, first); err != nil || !again.Replayed {
		t.Errorf("the command again: %+v, %v, want a repeat", again, err)
	}
	p.must(t, "2", "ada", received{Sender: "eve", Words: []string{"x"}})
	p.shows(t, "2", "{Bob [{eve  [x] 0}]}")
	if err := p.record(t, "3", "ada", opened{"Ada"}); !errors.As(err, new(*personal.ForgottenError)) {
		t.Errorf("a new box of a person who was forgotten: %v, want a ForgottenError", err)
	}
}

// TestFaultsOfKeys: what is wrong with one key, or with the right to read keys, says nothing about other events, and
// nothing is taken for erased.
func TestFaultsOfKeys(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	for id, actor := range map[string]string{"1": "ada", "2": "bob", "3": "carl"} {
		p.must(t, id, actor, opened{actor})
	}
	// decoded opens the events of all in one call of a new process, which has carl's key in memory already.
	decoded := func(bad string, badErr error) map[string]error {
		p.reopen(t, personal.Config{})
		if _, err := p.boxes.Load(t.Context(), "3"); err != nil {
			t.Fatal(err)
		}
		p.keys.bad, p.keys.badErr = bad, badErr
		defer func() { p.keys.badErr = nil }()
		var commits []*es.Commit
		for _, id := range []string{"1", "2", "3"} {
			for c, err := range p.raw.Read(t.Context(), boxes.Stream(id), es.Range{}) {
				if commits = append(commits, &c); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := p.store.Open(t.Context(), commits...); !errors.Is(err, badErr) {
			t.Errorf("open with a fault of keys: %v, want %v", err, badErr)
		}
		all := map[string]error{}
		for _, c := range commits {
			all[c.Stream.ID] = boxes.Events.Decode(c, 0, func(event) error { return nil })
		}
		return all
	}
	one := decoded("bob", &personal.KeyError{Subject: "bob", Reason: "no secret"})
	bobs := one["2"]
	if one["1"] != nil || !errors.As(bobs, new(*personal.KeyError)) || errors.Is(bobs, es.ErrUnavailable) || one["3"] != nil {
		t.Errorf("with one key that can't be read: %v, want an error of bob's alone", one)
	}
	all := decoded("*", errors.New("AccessDenied"))
	if !errors.Is(all["1"], es.ErrUnavailable) || !errors.Is(all["2"], es.ErrUnavailable) || all["3"] != nil {
		t.Errorf("without the right to read keys: %v, want ErrUnavailable of ada and bob", all)
	}
}

// TestManySubjects: a page of a scan asks for all keys at once.
func TestManySubjects(t *testing.T) {
	t.Parallel()
	p := newPost(t, personal.Config{})
	for i := range 30 {
		p.must(t, fmt.Sprint(i), fmt.Sprint("person-", i), opened{"Ada"})
	}
	p.reopen(t, personal.Config{})
	p.keys.take()
	for _, err := range p.store.Scan(t.Context(), es.Segment{Of: 1}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := p.keys.take(), "0 notes, 1 loads, 0 creates"; got != want {
		t.Errorf("a scan over 30 subjects: %s, want %s", got, want)
	}
}
