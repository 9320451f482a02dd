package dynamostore_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// elsewhen shifts the Date of DynamoDB's answers, so that the process's clock seems to be ahead by that much.
type elsewhen struct {
	next  dynamodb.HTTPClient
	ahead time.Duration
	none  bool // leave the Date out
}

func (e *elsewhen) Do(r *http.Request) (*http.Response, error) {
	answer, err := e.next.Do(r)
	if err == nil {
		answer.Header.Set("Date", time.Now().Add(-e.ahead).UTC().Format(http.TimeFormat))
		if e.none {
			answer.Header.Del("Date")
		}
	}
	return answer, err
}

// TestClock: if the process's clock is wrong by seconds, commits are recorded with DynamoDB's time, from the first
// commit on.
func TestClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ahead     time.Duration
		none      bool
		corrected bool
	}{
		"right": {0, false, false}, "a moment ahead": {time.Second, false, false},
		"a day ahead":  {25 * time.Hour, false, true},
		"a day behind": {-25 * time.Hour, false, true}, "ten seconds ahead": {10 * time.Second, false, true},
		"no Date": {25 * time.Hour, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			date := &elsewhen{ahead: test.ahead, none: test.none}
			client := dynamotest.Client(t, func(o *dynamodb.Options) { date.next, o.HTTPClient = o.HTTPClient, date })
			var log bytes.Buffer
			var off []time.Duration
			store := storeOn(t, client, dynamostore.Config{
				Log: slog.New(slog.NewTextHandler(&log, nil)), ClockOff: func(ahead time.Duration) { off = append(off, ahead) },
			})
			want := time.Now()
			if test.corrected {
				want = want.Add(-test.ahead)
			}
			for i := range 3 {
				at := appendTo(t, store, es.StreamID{Type: "Account", ID: string(rune('a' + i))})
				if d := at.Sub(want); d < -3*time.Second || d > 30*time.Second {
					t.Errorf("recorded at %v, want %v", at, want)
				}
			}
			if d := store.Now().Sub(want); d < -3*time.Second || d > 30*time.Second {
				t.Errorf("now is %v, want %v", store.Now(), want)
			}
			if warned := strings.Count(log.String(), "process clock is wrong"); warned > 1 || (warned == 1) != test.corrected {
				t.Errorf("log: %s, want one warning if the clock is corrected", log.String())
			}
			if (len(off) > 0) != test.corrected || len(off) > 0 && (off[0]-test.ahead).Abs() > 5*time.Second {
				t.Errorf("offsets told to the observer: %v", off)
			}
		})
	}
}

func storeOn(t *testing.T, client *dynamodb.Client, cfg dynamostore.Config) *dynamostore.Store {
	t.Helper()
	store, err := dynamostore.New(client, dynamotest.Table(t, client, eventsTable), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// appendTo appends an event to a new stream, and returns its recorded time.
func appendTo(t *testing.T, store *dynamostore.Store, stream es.StreamID) time.Time {
	t.Helper()
	stored, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{
		Head: store.Empty(stream), Events: []es.RawEvent{{Type: "Noted", Schema: 1, Data: []byte(`{}`)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return stored[0].At
}
