package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// streamFaults delivers records of DynamoDB Streams twice and out of order. No record is lost: every reader of the
// shard gets a record that was held back with a later answer.
type streamFaults struct {
	log *timeline

	mu      sync.Mutex
	readers map[string]*shardReader // by mark
	held    map[string][]json.RawMessage
}

// shardReader is the state of one reader of a shard, from one GetShardIterator on. The proxy appends a mark to its
// iterators, since DynamoDB Local gives the same iterator to two readers that are at the same place in the same
// millisecond.
type shardReader struct {
	mark  string
	shard string
	seen  int // how many of the shard's held records it got
}

// markSign separates an iterator and its reader's mark.
const markSign = "~"

// again is how many earlier held records a new reader of a shard gets, since it may replace a reader that never got
// them.
const again = 100

func newStreamFaults(log *timeline) *streamFaults {
	return &streamFaults{log: log, readers: map[string]*shardReader{}, held: map[string][]json.RawMessage{}}
}

// serveStream answers requests to DynamoDB Streams, with faults if dice is not nil. It never loses an answer, so that
// every record that it sent has arrived.
func (p *proxy) serveStream(w http.ResponseWriter, r *http.Request, operation string, body []byte, dice *rand.Rand) {
	if dice != nil && p.refuseStream(w, operation, body, dice) {
		return
	}
	var reader *shardReader
	if operation == "GetRecords" {
		body, reader = p.streams.unmark(body)
	}
	answer := p.forward(r, body)
	defer func() { _ = answer.Body.Close() }()
	says, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if answer.StatusCode == http.StatusOK {
		switch operation {
		case "GetShardIterator":
			says = p.streams.opened(body, says)
		case "GetRecords":
			says = p.streams.mix(reader, says, dice)
		}
	}
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(says)
}

// refuseStream injects a fault for some requests. It reports whether it answered the request.
func (p *proxy) refuseStream(w http.ResponseWriter, operation string, body []byte, dice *rand.Rand) bool {
	fault := pick(dice, []fault{
		{kind: "throttled", share: 0.01, before: refuse(400, "LimitExceededException", nil)},
		{kind: "500 before", share: 0.01, before: refuse(500, "InternalServerError", nil)},
		{
			kind:   "cut before",
			share:  0.005,
			before: func(*rand.Rand, http.ResponseWriter, *[]byte) bool { panic(http.ErrAbortHandler) },
		},
	})
	if operation == "GetRecords" && fault.kind == "" && dice.IntN(400) == 0 {
		fault.kind, fault.before = "iterator expired", refuse(400, "ExpiredIteratorException", nil)
	}
	if operation == "GetShardIterator" && fault.kind == "" && bytes.Contains(body, []byte("AFTER_SEQUENCE_NUMBER")) &&
		dice.IntN(30) == 0 {
		fault.kind, fault.before = "position trimmed", refuse(400, "TrimmedDataAccessException", nil)
	}
	if fault.kind == "" {
		return false
	}
	p.log.add(fault.kind)
	fault.before(dice, w, &body)
	return true
}

// opened adds a mark to a new iterator, and records its reader.
func (s *streamFaults) opened(request, answer []byte) []byte {
	var asked struct{ StreamArn, ShardId string } //nolint:revive // DynamoDB's name
	var said struct{ ShardIterator string }
	if json.Unmarshal(request, &asked) != nil || json.Unmarshal(answer, &said) != nil || said.ShardIterator == "" {
		return answer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := asked.StreamArn + asked.ShardId
	reader := &shardReader{mark: strconv.Itoa(len(s.readers)), shard: shard, seen: max(0, len(s.held[shard])-again)}
	s.readers[reader.mark] = reader
	said.ShardIterator += markSign + reader.mark
	marked, err := json.Marshal(said)
	if err != nil {
		return answer
	}
	return marked
}

// unmark removes the mark from the iterator of a request, and returns its reader, nil if there is no mark.
func (s *streamFaults) unmark(request []byte) ([]byte, *shardReader) {
	var asked map[string]any
	if json.Unmarshal(request, &asked) != nil {
		return request, nil
	}
	marked, _ := asked["ShardIterator"].(string)
	at := strings.LastIndex(marked, markSign)
	if at < 0 {
		return request, nil
	}
	asked["ShardIterator"] = marked[:at]
	unmarked, err := json.Marshal(asked)
	if err != nil {
		return request, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return unmarked, s.readers[marked[at+1:]]
}

// mix changes an answer of GetRecords: it holds back some records and repeats others. If dice is nil, it only adds the
// records that were held back.
func (s *streamFaults) mix(reader *shardReader, answer []byte, dice *rand.Rand) []byte {
	var said struct {
		Records           []json.RawMessage `json:"Records"`
		NextShardIterator string            `json:"NextShardIterator,omitempty"`
	}
	if reader == nil || json.Unmarshal(answer, &said) != nil {
		return answer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	late := s.held[reader.shard][reader.seen:]
	records := make([]json.RawMessage, 0, len(said.Records)+len(late))
	records = append(records, late...)
	if len(late) > 0 {
		s.log.add("record late")
	}
	for _, r := range said.Records {
		if dice != nil && said.NextShardIterator != "" && dice.IntN(50) == 0 {
			s.held[reader.shard] = append(s.held[reader.shard], r)
			continue
		}
		records = append(records, r)
	}
	reader.seen += len(late)
	if dice != nil && len(records) > 1 && dice.IntN(10) == 0 {
		s.log.add("records twice")
		records = append(records, records[:1+dice.IntN(len(records)-1)]...)
	}
	said.Records = records
	if said.NextShardIterator != "" {
		said.NextShardIterator += markSign + reader.mark
	}
	mixed, err := json.Marshal(said)
	if err != nil {
		return answer
	}
	return mixed
}
