package bus_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/bus"
)

const arn = "arn:aws:events:us-east-1:000000000000:event-bus/B"

// serve returns a bus with its file, and the SDK's client for its server.
func serve(t *testing.T) (*bus.Bus, string, *eventbridge.Client) {
	t.Helper()
	return serveTo(t, nil)
}

func serveTo(t *testing.T, mayPut func(http.Header, string) error) (*bus.Bus, string, *eventbridge.Client) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "buses", "B.jsonl")
	b, err := bus.Open(file, bus.Config{Name: "B", ARN: arn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	server, err := bus.Listen("000000000000", "us-east-1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.MayPut = mayPut
	server.Serve(b)
	t.Cleanup(server.Close)
	return b, file, eventbridge.New(eventbridge.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.Address()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

func entry(change func(*types.PutEventsRequestEntry)) types.PutEventsRequestEntry {
	e := types.PutEventsRequestEntry{
		EventBusName: aws.String(arn), Source: aws.String("s"), DetailType: aws.String("t"),
		Detail: aws.String(`{"a":"<ä>"}`),
	}
	if change != nil {
		change(&e)
	}
	return e
}

// events are those in the file.
func events(t *testing.T, file string) (all []bus.Event) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var e bus.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("parse the event %s: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// TestPutEvents: what is wrong with an entry fails that one alone, with EventBridge's codes.
func TestPutEvents(t *testing.T) {
	t.Parallel()
	_, file, client := serve(t)
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	wrong := map[string]func(*types.PutEventsRequestEntry){
		"":                                func(e *types.PutEventsRequestEntry) { e.Time, e.Resources = &at, []string{"r"} },
		"MalformedDetail":                 func(e *types.PutEventsRequestEntry) { e.Detail = aws.String("[1]") },
		"MalformedDetail ":                func(e *types.PutEventsRequestEntry) { e.Detail = aws.String("{") },
		"NotAuthorizedForSourceException": func(e *types.PutEventsRequestEntry) { e.Source = aws.String("aws.s3") },
		"ResourceNotFoundException":       func(e *types.PutEventsRequestEntry) { e.EventBusName = aws.String("C") },
		"ResourceNotFoundException ":      func(e *types.PutEventsRequestEntry) { e.EventBusName = nil },
		"InvalidArgument": func(e *types.PutEventsRequestEntry) {
			e.DetailType = aws.String(strings.Repeat("x", 129))
		},
		"InvalidArgument ":   func(e *types.PutEventsRequestEntry) { e.Source = nil },
		"InvalidArgument  ":  func(e *types.PutEventsRequestEntry) { e.Detail = nil },
		"InvalidArgument   ": func(e *types.PutEventsRequestEntry) { e.DetailType = nil },
	}
	in := &eventbridge.PutEventsInput{}
	var want []string
	for code, change := range wrong {
		in.Entries, want = append(in.Entries, entry(change)), append(want, strings.TrimSpace(code))
	}
	out, err := client.PutEvents(t.Context(), in)
	if err != nil || out.FailedEntryCount != int32(len(wrong)-1) || len(out.Entries) != len(wrong) {
		t.Fatalf("put wrong entries: %+v, %v, want all but one to fail", out, err)
	}
	var id string
	for i, got := range out.Entries {
		if code := aws.ToString(got.ErrorCode); code != want[i] || (code == "") != (got.EventId != nil) {
			t.Errorf("entry %d: %q, want %q", i, code, want[i])
		}
		id += aws.ToString(got.EventId)
	}
	all := events(t, file)
	if len(all) != 1 || all[0].ID != id || all[0].Source != "s" || all[0].DetailType != "t" || !all[0].Time.Equal(at) ||
		string(all[0].Detail) != `{"a":"<ä>"}` || len(all[0].Resources) != 1 || all[0].Account != "000000000000" {
		t.Errorf("accepted events: %+v, want the one that was put", all)
	}
	if out, err = client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		entry(func(e *types.PutEventsRequestEntry) { e.EventBusName = aws.String("B") }),
	}}); err != nil || out.FailedEntryCount != 0 || len(events(t, file)) != 2 {
		t.Errorf("put to a bus by its name: %+v, %v", out, err)
	}
}

// TestRefusedRequests: what is wrong with a request fails all of it.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	_, file, client := serve(t)
	eleven := make([]types.PutEventsRequestEntry, 11)
	for i := range eleven {
		eleven[i] = entry(nil)
	}
	half := entry(func(e *types.PutEventsRequestEntry) {
		e.Detail = aws.String(`{"a":"` + strings.Repeat("x", 1<<19) + `"}`)
	})
	for name, in := range map[string]*eventbridge.PutEventsInput{
		"none": {Entries: []types.PutEventsRequestEntry{}}, "eleven": {Entries: eleven},
		"too large": {Entries: []types.PutEventsRequestEntry{half, half}},
	} {
		_, err := client.PutEvents(t.Context(), in)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "ValidationException" {
			t.Errorf("%s: %v, want a ValidationException", name, err)
		}
	}
	_, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		entry(func(e *types.PutEventsRequestEntry) { e.TraceHeader = aws.String("x") }),
	}})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "SerializationException" {
		t.Errorf("a trace header: %v", err)
	}
	if _, err := client.ListRules(t.Context(), &eventbridge.ListRulesInput{}); !errors.As(err, &api) ||
		api.ErrorCode() != "UnknownOperationException" {
		t.Errorf("list rules: %v, want UnknownOperationException", err)
	}
	if all := events(t, file); len(all) > 0 {
		t.Errorf("accepted events: %+v, want none", all)
	}
}

// TestDenied: a request with an event for a bus that its sender may not use puts nothing.
func TestDenied(t *testing.T) {
	t.Parallel()
	_, file, client := serveTo(t, func(header http.Header, bus string) error {
		if bus != arn || !strings.Contains(header.Get("Authorization"), "Credential=local/") {
			t.Errorf("right that was checked: on %s, with the headers %v", bus, header)
		}
		return errors.New("you may not")
	})
	_, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{
		Entries: []types.PutEventsRequestEntry{entry(nil)},
	})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" || api.ErrorMessage() != "you may not" ||
		len(events(t, file)) > 0 {
		t.Error(err)
	}
}

// TestAFileThatCannotBeWritten: what can't be written is not accepted.
func TestAFileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	b, _, client := serve(t)
	_ = b.Close()
	for range 2 {
		_, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{
			Entries: []types.PutEventsRequestEntry{entry(nil)},
		})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "InternalException" {
			t.Errorf("put while the file fails: %v, want InternalException", err)
		}
	}
	if _, err := bus.Open(filepath.Join(os.DevNull, "B.jsonl"), bus.Config{}); err == nil {
		t.Error("a bus in no folder")
	}
}

// A file that is full makes room: the latest events are in the file, those before beside it, and what was before that
// is gone.
func TestFull(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "B.jsonl")
	put := func(b *bus.Bus, ids ...string) {
		for _, id := range ids {
			if err := b.Put(bus.Event{ID: id, Detail: json.RawMessage(`{}`)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *bus.Bus {
		b, err := bus.Open(file, bus.Config{Name: "B", ARN: arn, Full: 400}) // two events fit
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	put(open(), "1", "2")
	put(open(), "3", "4", "5", "6", "7", "8")
	ids := func(file string) (all string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var e bus.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			all += e.ID
		}
		return all
	}
	if now, before := ids(file), ids(file+".before"); now != "78" || before != "56" {
		t.Errorf("events in the file: %q, in the file before it: %q; want 78 and 56", now, before)
	}
}
