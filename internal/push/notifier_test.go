package push

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/annals-es/annals/pkg/es/projection"
)

const seventh = `{"type":"change","projection":"order-summary","stream":"Order#7","version":3,"token":"Order#7@3"}`

func TestNotify(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.join("ada1=", "ada")
	b.join("ada2", "ada")
	b.join("bob", "bob")
	b.join("dev", "")
	b.subscribe("ada2", "ada", `"projection":"order-summary","customer":"ALFKI"`)
	b.subscribe("bob", "bob", `"projection":"order-summary","customer":"ALFKI"`)
	b.subscribe("ada1=", "ada", `"projection":"customer-orders","stream":"Order#9"`)
	tests := map[string]struct {
		changes []projection.Change
		want    []post
	}{
		"to its owner alone": {
			[]projection.Change{change("ada", "7", 3)}, []post{{"ada1=", seventh}, {"ada2", seventh}},
		},
		"development":      {[]projection.Change{change("dev", "7", 3)}, []post{{"dev", seventh}}},
		"nobody's":         {[]projection.Change{change("", "7", 3)}, nil},
		"other stream":     {[]projection.Change{change("ada", "8", 3)}, nil},
		"other projection": {[]projection.Change{change("ada", "9", 3)}, nil},
		"too long for a topic": {
			[]projection.Change{change("ada", strings.Repeat("x", 2000), 3, "customer/"+strings.Repeat("x", 2048))}, nil,
		},
		"topic": {
			[]projection.Change{change("ada", "8", 3, "customer/ALFKI", "customer/ANATR")},
			[]post{{"ada2", `{"type":"change","projection":"order-summary","stream":"Order#8","version":3,` +
				`"token":"Order#8@3","topic":"customer/ALFKI"}`}},
		},
	}
	for name, test := range tests {
		b.notifier.Notify(t.Context(), test.changes)
		if diff := cmp.Diff(test.want, b.gateway.arrived(), cmp.AllowUnexported(post{}), sorted); diff != "" {
			t.Errorf("%s: messages that arrived (-want +got):\n%s", name, diff)
		}
	}
	if b.log.Len() > 0 {
		t.Errorf("log: %s, want nothing", b.log)
	}
	b.said(unsubscribe, "ada1=", "ada", `{"action":"unsubscribe","projection":"order-summary","stream":"Order#7"}`)
	b.notifier.Notify(t.Context(), []projection.Change{change("ada", "7", 3)})
	if diff := cmp.Diff([]post{{"ada2", seventh}}, b.gateway.arrived(), cmp.AllowUnexported(post{})); diff != "" {
		t.Errorf("unsubscribed (-want +got):\n%s", diff)
	}
}

var sorted = cmpopts.SortSlices(func(a, b post) bool { return a.connection+a.body < b.connection+b.body })

// These owners and topics give the same text when they are joined without escaping.
func TestNoTwoTopicsShareAKey(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, owner := range []string{"a", "a|p", "a|", "a%7Cp", "p"} {
		for _, topic := range []Topic{{"p", "x"}, {"p", "p|x"}, {"p|p", "x#"}, {"x", "p"}} {
			of := fmt.Sprintf("%q %q", owner, topic)
			if before, there := keys[topic.partition(owner)]; there {
				t.Errorf("%s and %s share a key", before, of)
			}
			keys[topic.partition(owner)] = of
		}
	}
}

func TestManyChangesComeInOrder(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.join("c", "ada")
	b.subscribe("c", "ada", `"projection":"order-summary","customer":"ALFKI"`)
	var changes []projection.Change
	var want []post
	for version := range int64(20) {
		c := change("ada", "7", version)
		if version%2 == 1 {
			c = change("ada", "8", version, "customer/ALFKI")
		}
		changes = append(changes, c)
		want = append(want, post{"c", fmt.Sprintf(`"version":%d,`, version)})
	}
	b.notifier.Notify(t.Context(), changes)
	got := b.gateway.arrived()
	if len(got) != len(want) {
		t.Fatalf("%d messages arrived, want %d", len(got), len(want))
	}
	for i := range got {
		if !strings.Contains(got[i].body, want[i].body) {
			t.Errorf("message %d: %s, want %s in it", i, got[i].body, want[i].body)
		}
	}
}

func TestAGoneConnectionIsForgotten(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.join("gone", "ada")
	b.subscribe("gone", "ada", `"projection":"order-summary","customer":"ALFKI"`)
	b.join("left", "ada")
	// A subscription that was made while its connection closed: the connection has no row.
	if _, err := b.connections.delete(t.Context(), "connection|left", "left"); err != nil {
		t.Fatal(err)
	}
	b.gateway.answer["gone"], b.gateway.answer["left"] = 410, 410
	b.notifier.Notify(t.Context(), []projection.Change{change("ada", "7", 3), change("ada", "7", 4)})
	if got := b.rows(); got != 0 || b.log.Len() > 0 {
		t.Errorf("%d rows after the notifications; log: %s", got, b.log)
	}
}

func TestFailuresAreLoggedOnceAndDropped(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, id := range []string{"bad1", "bad2", "hangs", "good"} {
		b.join(id, "ada")
	}
	b.gateway.answer["bad1"], b.gateway.answer["bad2"], b.gateway.answer["hangs"] = 500, 403, 0
	begin := time.Now()
	b.notifier.Notify(t.Context(), []projection.Change{change("ada", "7", 3), change("ada", "7", 4)})
	if took := time.Since(begin); took >= notifyTimeout {
		t.Errorf("notifying took %v, want less than its time limit", took)
	}
	if got := b.gateway.arrived(); len(got) != 2 {
		t.Errorf("messages that arrived: %v, want 2", got)
	}
	if log := b.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "failures=3") {
		t.Errorf("log: %s, want one line with 3 failures", log)
	}
	if got := b.rows(); got != 8 {
		t.Errorf("%d rows, want 8", got)
	}
}

func TestExpiredRowsDoNotCount(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.join("c", "ada")
	now := time.Now()
	for _, test := range []struct {
		after time.Duration
		posts int
	}{{lifetime - 2*time.Second, 1}, {lifetime + 2*time.Second, 0}} {
		b.connections.now = func() time.Time { return now.Add(test.after) }
		b.notifier.Notify(t.Context(), []projection.Change{change("ada", "7", 3)})
		if got := len(b.gateway.arrived()); got != test.posts {
			t.Errorf("after %v: %d posts, want %d", test.after, got, test.posts)
		}
	}
	said := b.said(subscribe, "c", "ada", `{"action":"subscribe","projection":"order-summary","stream":"Order#8"}`)
	if said["code"] != "not-connected" {
		t.Errorf("subscribe: %v, want not-connected", said)
	}
}

// TestTheDatabaseFailsTheNotifier: the read of the record fails, or both queries of topics fail.
func TestTheDatabaseFailsTheNotifier(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.join("c", "ada")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	b.connections.client = refusesQueries{b.client}
	for want, ctx := range map[string]context.Context{"failures=1": over, "failures=2": t.Context()} {
		b.log.Reset()
		b.notifier.Notify(ctx, []projection.Change{change("ada", "7", 3, "customer/ALFKI")})
		if log := b.log.String(); len(b.gateway.arrived()) > 0 || strings.Count(log, "\n") != 1 ||
			!strings.Contains(log, want) {
			t.Errorf("want %s, logged %s", want, log)
		}
	}
}

// refusesQueries is a DynamoDB client whose queries fail.
type refusesQueries struct{ Client }

func (refusesQueries) Query(
	context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	return nil, errors.New("throttled")
}
