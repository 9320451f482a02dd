package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// send sends a request to a proxy and returns the status, or "cut".
func send(t *testing.T, url, target, body string) (says string, text []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", target)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "cut", nil
	}
	defer func() { _ = answer.Body.Close() }()
	if text, err = io.ReadAll(answer.Body); err != nil {
		return "cut", nil
	}
	return answer.Status, text
}

// TestFaultsDependOnTheSeed: proxies with the same seed inject the same faults, and one with another seed others.
func TestFaultsDependOnTheSeed(t *testing.T) {
	t.Parallel()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(backend.Close)
	run := func(seed uint64) (answers []string, counts map[string]int) {
		p := newProxy(backend.URL, seed, newTimeline())
		p.injecting.Store(true)
		front := httptest.NewServer(p)
		t.Cleanup(front.Close)
		for range 300 {
			says, _ := send(t, front.URL, "DynamoDB_20120810.PutItem", "{}")
			answers = append(answers, says)
		}
		return answers, p.log.counts()
	}
	one, counts := run(1)
	again, _ := run(1)
	other, _ := run(2)
	if !slices.Equal(one, again) || slices.Equal(one, other) {
		t.Error("the faults do not depend on the seed alone")
	}
	// Go's client repeats a request if a reused connection was cut, so some kinds of faults are not visible here.
	for _, kind := range []string{"throttled", "delayed"} {
		if counts[kind] == 0 {
			t.Errorf("no request was %s: %v", kind, counts)
		}
	}
}

// TestEachFault injects each fault once, and checks whether the request reached the backend.
func TestEachFault(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]map[string]string{
		"TransactWriteItems": {
			"throttled": "400 Bad Request asked 0", "500 before": "500 Internal Server Error asked 0",
			"500 after": "500 Internal Server Error asked 1", "cut before": "cut asked 0", "answer lost": "cut asked 1",
			"answer cut": "cut asked 1", "delayed": "200 OK asked 1", "transaction conflict": "400 Bad Request asked 0",
		},
		"BatchGetItem": {"unprocessed": "200 OK asked 0"},
		"Query":        {"short page": "200 OK asked 1"},
	} {
		for _, f := range faultsOf(operation) {
			if want[f.kind] == "" {
				continue
			}
			t.Run(operation+" "+f.kind, func(t *testing.T) {
				t.Parallel()
				asked, sent := 0, ""
				backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					asked, sent = asked+1, string(body)
					_, _ = io.WriteString(w, `{"answer":"`+strings.Repeat("x", 1000)+`"}`)
				}))
				defer backend.Close()
				p := newProxy(backend.URL, 1, newTimeline())
				front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					p.serve(w, r, body, f, rand.New(rand.NewPCG(1, 1)))
				}))
				defer front.Close()
				says, text := send(t, front.URL, "DynamoDB_20120810."+operation,
					`{"TransactItems":[{},{}],"RequestItems":{"t":{"Keys":[]}},"TableName":"t"}`)
				if got := fmt.Sprintf("%s asked %d", says, asked); got != want[f.kind] {
					t.Errorf("got %s, want %s", got, want[f.kind])
				}
				switch f.kind {
				case "transaction conflict":
					if strings.Count(string(text), "Code") != 2 || !strings.Contains(string(text), "TransactionConflict") {
						t.Errorf("reasons of the transaction: %s, want two, with TransactionConflict", text)
					}
				case "unprocessed":
					if !strings.Contains(string(text), `"UnprocessedKeys":{"t":{"Keys":[]}}`) {
						t.Errorf("answer with unprocessed keys: %s", text)
					}
				case "short page":
					if !strings.Contains(sent, `"Limit":`) {
						t.Errorf("request %s, want a Limit", sent)
					}
				}
			})
		}
	}
}

// TestControlPlaneIsSpared: requests that create and describe tables get no faults.
func TestControlPlaneIsSpared(t *testing.T) {
	t.Parallel()
	if got := faultsOf("DescribeTable"); got != nil {
		t.Errorf("faults of DescribeTable: %v, want none", got)
	}
}

// page returns an answer of GetRecords.
type page struct {
	Records           []int
	NextShardIterator string
}

// open0 opens a shard and returns the reader's iterator. DynamoDB Local's own iterator is 0.
func open0(t *testing.T, s *streamFaults) string {
	t.Helper()
	var got struct{ ShardIterator string }
	if err := json.Unmarshal(s.opened([]byte(`{"StreamArn":"a","ShardId":"s"}`), []byte(`{"ShardIterator":"0"}`)),
		&got); err != nil {
		t.Fatal(err)
	}
	return got.ShardIterator
}

// read reads a page, and checks the iterator that the proxy sends to DynamoDB Local.
func read(t *testing.T, s *streamFaults, iterator, want string, records []int, next string, dice *rand.Rand) page {
	t.Helper()
	request, reader := s.unmark(fmt.Appendf(nil, `{"ShardIterator":%q,"Limit":1000}`, iterator))
	if got := string(request); got != fmt.Sprintf(`{"Limit":1000,"ShardIterator":%q}`, want) {
		t.Fatalf("the proxy sent iterator %s to DynamoDB Local, want %s", got, want)
	}
	answer, err := json.Marshal(page{records, next})
	if err != nil {
		t.Fatal(err)
	}
	var got page
	if err := json.Unmarshal(s.mix(reader, answer, dice), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestStreamsLoseNothing: two readers get all 2,000 records of a shard in spite of faults. They read in step, so
// DynamoDB Local gives both the same iterators. The last page is read after the faults have stopped.
func TestStreamsLoseNothing(t *testing.T) {
	t.Parallel()
	s := newStreamFaults(newTimeline())
	dice := rand.New(rand.NewPCG(1, 2))
	iterators := []string{open0(t, s), open0(t, s)}
	times, twice, disordered := [2]map[int]int{{}, {}}, 0, 0
	last := [2]int{-1, -1}
	for n := range 201 {
		var records []int
		for i := range 10 {
			if n < 200 {
				records = append(records, 10*n+i)
			}
		}
		for reader := range iterators {
			with := dice
			if n == 200 {
				with = nil
			}
			got := read(t, s, iterators[reader], strconv.Itoa(n), records, strconv.Itoa(n+1), with)
			iterators[reader] = got.NextShardIterator
			for _, r := range got.Records {
				if times[reader][r]++; times[reader][r] == 2 {
					twice++
				}
				if r < last[reader] {
					disordered++
				}
				last[reader] = r
			}
		}
	}
	for reader := range iterators {
		for r := range 2000 {
			if times[reader][r] == 0 {
				t.Errorf("record %d was lost to reader %d", r, reader)
			}
		}
	}
	if disordered == 0 || twice == 0 {
		t.Errorf("records out of order: %d, delivered twice: %d", disordered, twice)
	}
}

// TestNewReaderGetsWhatWasHeld: a new reader of a shard gets the records that were held back from an earlier reader.
func TestNewReaderGetsWhatWasHeld(t *testing.T) {
	t.Parallel()
	s := newStreamFaults(newTimeline())
	s.held["as"] = []json.RawMessage{[]byte("7")}
	if got := read(t, s, open0(t, s), "0", nil, "1", rand.New(rand.NewPCG(1, 1))); !slices.Equal(got.Records, []int{7}) {
		t.Errorf("records that were read: %v, want 7", got)
	}
}

// TestCutOff: cutOff cuts a request that DynamoDB is working on, and one that comes later.
func TestCutOff(t *testing.T) {
	t.Parallel()
	arrived, goOn, stored := make(chan struct{}), make(chan struct{}), false
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-goOn
		stored = true
		_, _ = io.WriteString(w, "{}")
	}))
	defer backend.Close()
	p := newProxy(backend.URL, 1, newTimeline())
	front := httptest.NewServer(p)
	defer front.Close()
	first := make(chan string)
	go func() {
		says, _ := send(t, front.URL, "DynamoDB_20120810.PutItem", "{}")
		first <- says
	}()
	<-arrived
	cut := make(chan struct{})
	go func() { p.cutOff(); close(cut) }()
	for !p.down.Load() {
		runtime.Gosched()
	}
	close(goOn)
	if says := <-first; says != "cut" || !stored {
		t.Errorf("the first was answered %q, stored: %t", says, stored)
	}
	<-cut
	if says, _ := send(t, front.URL, "DynamoDB_20120810.PutItem", "{}"); says != "cut" {
		t.Errorf("the second was answered %q", says)
	}
}

// TestStreamsExpire: requests for iterators and records get each refusal of DynamoDB Streams sooner or later.
func TestStreamsExpire(t *testing.T) {
	t.Parallel()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{}")
	}))
	defer backend.Close()
	p := newProxy(backend.URL, 1, newTimeline())
	p.injecting.Store(true)
	front := httptest.NewServer(p)
	defer front.Close()
	for operation, want := range map[string]string{
		"GetRecords": "ExpiredIteratorException", "GetShardIterator": "TrimmedDataAccessException",
	} {
		seen := false
		for range 3000 {
			_, text := send(t, front.URL, "DynamoDBStreams_20120810."+operation, `{"ShardIteratorType":"AFTER_SEQUENCE_NUMBER"}`)
			if seen = strings.Contains(string(text), want); seen {
				break
			}
		}
		if !seen {
			t.Errorf("%s never answered with %s", operation, want)
		}
	}
}
