package inspect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/internal/inspect/feed"
	"github.com/annals-es/annals/internal/inspect/inspecttest"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop"
)

// declared is the shop, orders one of its read models.
var declared = shop.New().On()

const orders = "orders"

// bench is an inspector on tables of its own.
type bench struct {
	*inspect.Inspector
	operator *inspecttest.Service
	store    *dynamostore.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{operator: inspecttest.New(t, declared)}
	b.store = b.operator.Store
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	b.Inspector = b.operator.Inspector(inspect.Config{
		Every: 20 * time.Millisecond,
		Feed: feed.New(b.operator.Client, cfg, b.operator.Tables["events"], feed.Config{
			Every: 20 * time.Millisecond, Endpoint: dynamotest.Endpoint(t),
		}),
	})
	return b
}

func stream(t *testing.T, name string) es.StreamID {
	t.Helper()
	s, err := es.ParseStreamID(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// event is an event of an order.
func event(typ, data string) es.RawEvent {
	return es.RawEvent{Type: typ, Schema: 1, Data: json.RawMessage(data)}
}

// append stores a commit at the end of each stream.
func (b *bench) append(t *testing.T, correlation string, writes map[string][]es.RawEvent) {
	t.Helper()
	a := es.Append{Meta: es.Meta{CorrelationID: correlation, Actor: "ann"}}
	for name, events := range writes {
		head, err := b.store.Head(t.Context(), stream(t, name))
		if err != nil {
			t.Fatal(err)
		}
		a.Writes = append(a.Writes, es.Write{Head: head, Events: events})
	}
	if _, err := b.store.Append(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

const created = `{"orderId":"o","customerId":"ada"}`

// order stores an order of two commits.
func (b *bench) order(t *testing.T, id, correlation string) {
	t.Helper()
	b.append(t, correlation, map[string][]es.RawEvent{"Order#" + id: {event("OrderCreated", created)}})
	b.append(t, correlation+"-2", map[string][]es.RawEvent{"Order#" + id: {
		event("ItemAdded", `{"productId":"tea","quantity":2,"unitPrice":{"amount":"9.50","currency":"USD"}}`),
		event("ItemAdded", `{"productId":"mug","quantity":1,"unitPrice":{"amount":"1.00","currency":"USD"}}`),
	}})
}

// all collects commits as stream@version.
func all(t *testing.T, commits iter.Seq2[inspect.Commit, error]) (places []string) {
	t.Helper()
	for c, err := range commits {
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, fmt.Sprintf("%s@%d", c.Stream, c.Version))
	}
	return places
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.order(t, "o", "c")
	var versions []int64
	for c, err := range b.Events(t.Context(), stream(t, "Order#o"), 2, 2) {
		if err != nil {
			t.Fatal(err)
		}
		if c.LastVersion != 3 || c.Metadata.CorrelationID != "c-2" || c.Metadata.Actor != "ann" || c.Hash == "" ||
			c.CommitID == "" || c.At.IsZero() {
			t.Errorf("commit: %+v, want its last version, metadata, hash, id and time", c)
		}
		for _, e := range c.Events {
			versions = append(versions, e.Version)
			if e.Type != "ItemAdded" || !strings.Contains(string(e.Data), `"tea"`) {
				t.Errorf("event: %+v, want ItemAdded of tea", e)
			}
		}
	}
	if !slices.Equal(versions, []int64{2}) {
		t.Errorf("versions: %v, want 2", versions)
	}
	if got := all(t, b.Events(t.Context(), stream(t, "Order#o"), 0, 0)); !slices.Equal(got, []string{
		"Order#o@1", "Order#o@2",
	}) {
		t.Errorf("all commits: %v, want Order#o@1 and Order#o@2", got)
	}
	if got := all(t, b.Events(t.Context(), stream(t, "Order#o"), 4, 0)); got != nil {
		t.Errorf("beyond the end: %v", got)
	}
	for _, err := range b.Events(t.Context(), stream(t, "Order#none"), 0, 0) {
		if !errors.As(err, new(*es.NotFoundError)) {
			t.Errorf("commits of a stream without events: %v, want NotFoundError", err)
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.order(t, "o", "c")
	one, err := b.State(t.Context(), stream(t, "Order#o"), es.Point{Version: 1})
	if err != nil || one.Version != 1 || one.Stream != "Order#o" || one.At.IsZero() || one.Provisional {
		t.Fatalf("state at version 1: %+v, %v", one, err)
	}
	now, err := b.State(t.Context(), stream(t, "Order#o"), es.Point{AsOf: time.Now()})
	if err != nil || now.Version != 3 || !now.Provisional {
		t.Fatalf("state now: %+v, %v, want version 3, provisional", now, err)
	}
	diff, err := inspect.Diff(one.State, now.State)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range diff {
		got[d.Path] = string(d.Before) + " -> " + string(d.After)
	}
	if got["/total/amount"] != `"0.00" -> "20.00"` && got["/total"] == "" || len(got) < 2 {
		t.Errorf("differences: %v, want the total from 0.00 to 20.00", got)
	}
	for name, want := range map[string]string{
		"Order#none": "not found", "Thing#x": `no aggregate has streams of type "Thing"`,
	} {
		if _, err := b.State(t.Context(), stream(t, name), es.Point{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("state of %s: %v, want an error with %q", name, err, want)
		}
	}
	if _, err := b.State(t.Context(), stream(t, "Order#o"), es.Point{
		Version: 4,
	}); !errors.As(err, new(*es.VersionNotFoundError)) {
		t.Errorf("beyond the end: %v", err)
	}
	types := b.Types()
	for _, want := range []string{"Account", "Email", "Order", "Product"} { // and those that a project adds
		if !slices.Contains(types, want) {
			t.Errorf("%s is not among the types %q", want, types)
		}
	}
	if !slices.IsSorted(types) {
		t.Errorf("the types are in no order: %q", types)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, after, want string }{
		{`{"a":1}`, `{"a":1}`, ``},
		{`{"a":1,"b":[1,2]}`, `{"b":[1,3,4],"c":null}`, `/a 1> /b/1 2>3 /b/2 >4 /c >null`},
		{`{"a":1.0}`, `{"a":1}`, `/a 1.0>1`},
		{`{"a":{"x/y":1,"~":2}}`, `{"a":{}}`, `/a/x~1y 1> /a/~0 2>`},
		{`[]`, `{}`, ` []>{}`},
		{`{"a":[1]}`, `{"a":{"0":1}}`, `/a [1]>{"0":1}`},
		{``, `{"a":1}`, ` >{"a":1}`},
		{``, ``, ``},
	} {
		raw := func(s string) json.RawMessage {
			if s == "" {
				return nil
			}
			return json.RawMessage(s)
		}
		diff, err := inspect.Diff(raw(tt.before), raw(tt.after))
		var got []string
		for _, d := range diff {
			got = append(got, fmt.Sprintf("%s %s>%s", d.Path, d.Before, d.After))
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("differences from %s to %s: %q, %v; want %q", tt.before, tt.after, got, err, tt.want)
		}
	}
	if _, err := inspect.Diff([]byte(`{`), nil); err == nil {
		t.Error("half a JSON text is compared")
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 5 {
		b.order(t, fmt.Sprint("o", i), fmt.Sprint("c", i))
	}
	b.append(t, "c1", map[string][]es.RawEvent{"Product#tea": {event("ProductListed", `{}`)}})
	for _, tt := range []struct {
		q    inspect.Query
		want []string
	}{
		{inspect.Query{CorrelationID: "c1"}, []string{"Order#o1@1", "Product#tea@1"}},
		{inspect.Query{Type: "ItemAdded", Stream: "Order#o3"}, []string{"Order#o3@2"}},
		{inspect.Query{Stream: "Product#"}, []string{"Product#tea@1"}},
		{inspect.Query{CommitID: "none"}, nil},
	} {
		got := all(t, b.Find(t.Context(), tt.q))
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("find %+v: %v, want %v", tt.q, got, tt.want)
		}
	}
	for range b.Find(t.Context(), inspect.Query{}) { // who stops early leaves nothing behind that hangs
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range b.Find(ctx, inspect.Query{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("find with a canceled context: %v, want context.Canceled", err)
		}
	}
	streams := map[string]int64{}
	for s, err := range b.Streams(t.Context(), "Order#o") {
		if err != nil {
			t.Fatal(err)
		}
		if s.Commits != 2 || s.First.IsZero() || !s.Last.After(s.First) {
			t.Errorf("summary of the stream: %+v, want 2 commits with their times", s)
		}
		streams[s.Stream] = s.Version
	}
	if len(streams) != 5 || streams["Order#o4"] != 3 {
		t.Errorf("streams: %v, want 5, with Order#o4 at version 3", streams)
	}
}

// TestUnreadable: a commit that can't be read does not keep the others from being found, and is not passed over in
// silence.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.order(t, "o", "c")
	_, err := b.operator.Client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: new(b.operator.Tables["events"]),
		Item: map[string]types.AttributeValue{
			"stream": &types.AttributeValueMemberS{Value: "Order#bad"}, "version": &types.AttributeValueMemberN{Value: "1"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	var failed error
	for _, err := range b.Find(t.Context(), inspect.Query{}) {
		if failed = err; err == nil {
			found++
		}
	}
	unreadable := (*inspect.UnreadableError)(nil)
	streams := 0
	for _, err := range b.Streams(t.Context(), "") {
		if err == nil {
			streams++
		}
	}
	if streams != 1 || !errors.As(failed, &unreadable) || unreadable.Commits != 1 || found != 2 ||
		!errors.As(failed, new(*es.CorruptError)) {
		t.Errorf("found %d, %v; want 2 and one corrupt commit of one stream", found, failed)
	}
}

// TestTail: what any process stores after the tail began comes; the context's end is no error.
func TestTail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.order(t, "before", "c")
	for name, tail := range map[string]func(context.Context, inspect.Query) iter.Seq2[inspect.Commit, error]{
		"all": b.Tail,
		"one": func(ctx context.Context, q inspect.Query) iter.Seq2[inspect.Commit, error] {
			return b.Follow(ctx, stream(t, "Order#one"), 0, q)
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		got := make(chan inspect.Commit)
		ended := make(chan error, 1)
		go func() {
			for c, err := range tail(ctx, inspect.Query{Type: "ItemAdded"}) {
				if err != nil {
					ended <- err
					return
				}
				got <- c
			}
			ended <- nil
		}()
		for stored := false; !stored; { // until the tail has its place
			b.append(t, "c", map[string][]es.RawEvent{"Order#" + name: {event("OrderCreated", created)}})
			b.append(t, "c", map[string][]es.RawEvent{"Order#" + name: {event("ItemAdded", `{}`)}})
			select {
			case c := <-got:
				if stored = true; c.Stream != "Order#"+name || c.Events[0].Type != "ItemAdded" {
					t.Errorf("tail %s: commit %+v, want ItemAdded of the stream that was stored", name, c)
				}
			case err := <-ended:
				t.Fatalf("tail %s ended with %v before it was canceled", name, err)
			case <-time.After(50 * time.Millisecond):
			}
		}
		cancel()
		for open := true; open; {
			select {
			case <-got:
			case err := <-ended:
				if open = false; err != nil {
					t.Errorf("%s: tail with a canceled context: %v, want no error", name, err)
				}
			}
		}
	}
}

func TestTailOfNothing(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	without := dynamotest.Table(t, client, dynamostore.SnapshotsTable)
	for table, want := range map[string]string{without: "has no stream", "nothing": "ResourceNotFoundException"} {
		for _, err := range feed.New(client, cfg, table, feed.Config{}).Commits(t.Context()) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("follow table %s: %v, want an error with %q", table, err, want)
			}
		}
	}
	for _, err := range inspect.New(nil, inspect.Config{}).Tail(t.Context(), inspect.Query{}) {
		if !errors.Is(err, inspect.ErrNoFeed) {
			t.Errorf("tail without a feed: %v, want ErrNoFeed", err)
		}
	}
}

// TestTrace: a request's commits, and what each projection made of them and when.
func TestTrace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun := time.Now().Truncate(time.Microsecond)
	b.append(t, "req", map[string][]es.RawEvent{
		"Order#a": {event("OrderCreated", created)}, "Order#b": {event("OrderTeleported", `{}`)},
	})
	for _, name := range []string{"Order#a", "Order#b"} {
		if err := b.operator.CatchUp(t.Context(), stream(t, name), orders); err != nil {
			t.Fatal(err)
		}
	}
	trace, err := b.Trace(t.Context(), "req")
	if err != nil || len(trace.Commits) != 2 || trace.Commits[0].Stream != "Order#a" ||
		len(trace.Commits[0].Siblings) != 1 {
		t.Fatalf("trace: %+v, %v, want two commits, the first of Order#a with one sibling", trace, err)
	}
	states := map[string]inspect.Applied{}
	for _, c := range trace.Commits {
		for _, a := range c.Projections {
			states[c.Stream+" "+a.Projection] = a
		}
	}
	if a := states["Order#a orders"]; !a.Applied || !a.Exact || a.At == nil || a.At.Before(begun) || a.Version != 1 ||
		a.Generation != 1 || a.Status != projection.Serving {
		t.Errorf("Order#a in orders: %+v, want version 1 applied in the serving generation", a)
	}
	if a := states["Order#b orders"]; a.Applied || a.Parked == nil || a.Parked.Reason != projection.NeedsNewerCode {
		t.Errorf("Order#b in orders: %+v, want it parked, needing newer code", a)
	}
	if a, there := states["Order#a reserve-stock"]; !there || !a.Applied || a.At != nil {
		t.Errorf("projection that reads no such events: %+v", a)
	}
	if trace, err := b.Trace(t.Context(), "none"); err != nil || len(trace.Commits) != 0 {
		t.Errorf("trace of an unknown id: %+v, %v, want no commits", trace, err)
	}
	b.append(t, "later", map[string][]es.RawEvent{"Order#a": {event("OrderCancelled", `{"reason":"x"}`)}})
	if err := b.operator.CatchUp(t.Context(), stream(t, "Order#a"), orders); err != nil {
		t.Fatal(err)
	}
	applied, err := b.Applied(t.Context(), stream(t, "Order#a"), 1)
	i := slices.IndexFunc(applied, func(a inspect.Applied) bool { return a.Projection == orders })
	if err != nil || i < 0 || !applied[i].Applied || applied[i].Exact || applied[i].Version != 2 {
		t.Errorf("commit before a later one that is applied: %+v, %v", applied, err)
	}
}

func TestProjections(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.append(t, "", map[string][]es.RawEvent{"Order#bad": {event("OrderTeleported", `{}`)}})
	if err := b.operator.CatchUp(t.Context(), stream(t, "Order#bad")); err != nil {
		t.Fatal(err)
	}
	build, err := b.operator.Rebuilder.Begin(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	find := func() inspect.Projection {
		t.Helper()
		got, err := b.Projections(t.Context())
		i := slices.IndexFunc(got, func(p inspect.Projection) bool { return p.Name == orders })
		if err != nil || i < 0 || len(got) != len(annalsaws.CurrentReadTables(declared))+len(declared.Reactions) {
			t.Fatalf("progress of projections: %+v, %v, want all read models and reactions", got, err)
		}
		return got[i]
	}
	got := find()
	if len(got.Generations) != 2 || got.Generations[0].Parked != 1 {
		t.Fatalf("generations of orders: %+v, want two, with one stream parked in the first", got)
	}
	want := &inspect.Rebuild{Doing: "filled", Segments: build.Segments}
	if diff := cmp.Diff(want, got.Generations[1].Rebuild); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
	if _, err := b.operator.Rebuilder.Fill(t.Context(), orders, build.Generation, 3, nil); err != nil {
		t.Fatal(err)
	}
	want.Done = 1
	if diff := cmp.Diff(want, find().Generations[1].Rebuild); diff != "" {
		t.Errorf("a segment later (-want +got):\n%s", diff)
	}
}
