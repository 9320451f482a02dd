package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
)

// streamFaults delivers records of DynamoDB Streams twice and out of order. No record is lost: one that was held back
// comes with a later answer to every reader of the shard.
type streamFaults struct {
	log *timeline

	mu      sync.Mutex
	readers map[string]*shardReader // by iterator
	held    map[string][]json.RawMessage
}

// shardReader is one reader's way through a shard, from one GetShardIterator on.
type shardReader struct {
	shard string
	seen  int // how many of the shard's held records it has
}

// again is how many held records a new reader of a shard gets anew, because it may follow one that never got them.
const again = 100

func newStreamFaults(log *timeline) *streamFaults {
	return &streamFaults{log: log, readers: map[string]*shardReader{}, held: map[string][]json.RawMessage{}}
}

// serveStream answers requests for streams. Answers are never lost, so that what was given out has arrived.
func (p *proxy) serveStream(w http.ResponseWriter, r *http.Request, operation string, body []byte, dice *rand.Rand) {
	fault := pick(dice, []fault{
		{kind: "throttled", share: 0.01, before: refuse(400, "LimitExceededException", nil)},
		{kind: "500 before", share: 0.01, before: refuse(500, "InternalServerError", nil)},
		{kind: "cut before", share: 0.005, before: func(*rand.Rand, http.ResponseWriter, *[]byte) bool { panic(http.ErrAbortHandler) }},
	})
	if operation == "GetRecords" && fault.kind == "" && dice.IntN(400) == 0 {
		fault.kind, fault.before = "iterator expired", refuse(400, "ExpiredIteratorException", nil)
	}
	if operation == "GetShardIterator" && fault.kind == "" && bytes.Contains(body, []byte("AFTER_SEQUENCE_NUMBER")) && dice.IntN(30) == 0 {
		fault.kind, fault.before = "position trimmed", refuse(400, "TrimmedDataAccessException", nil)
	}
	if fault.kind != "" {
		p.log.add(fault.kind)
		fault.before(dice, w, &body)
		return
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
			p.streams.opened(body, says)
		case "GetRecords":
			says = p.streams.mix(body, says, dice)
		}
	}
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(says)
}

// opened notes which shard an iterator reads.
func (s *streamFaults) opened(request, answer []byte) {
	var asked struct{ StreamArn, ShardId string } //nolint:revive // DynamoDB's name
	var said struct{ ShardIterator string }
	if json.Unmarshal(request, &asked) != nil || json.Unmarshal(answer, &said) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := asked.StreamArn + asked.ShardId
	s.readers[said.ShardIterator] = &shardReader{shard: shard, seen: max(0, len(s.held[shard])-again)}
}

// mix changes an answer of GetRecords.
func (s *streamFaults) mix(request, answer []byte, dice *rand.Rand) []byte {
	var asked struct{ ShardIterator string }
	var said struct {
		Records           []json.RawMessage `json:"Records"`
		NextShardIterator string            `json:"NextShardIterator,omitempty"`
	}
	if json.Unmarshal(request, &asked) != nil || json.Unmarshal(answer, &said) != nil {
		return answer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reader := s.readers[asked.ShardIterator]
	if reader == nil { // opened before faults were injected
		return answer
	}
	delete(s.readers, asked.ShardIterator)
	s.readers[said.NextShardIterator] = reader
	late := s.held[reader.shard][reader.seen:]
	records := make([]json.RawMessage, 0, len(said.Records)+len(late))
	records = append(records, late...)
	if len(late) > 0 {
		s.log.add("record late")
	}
	for _, r := range said.Records {
		if said.NextShardIterator != "" && dice.IntN(50) == 0 {
			s.held[reader.shard] = append(s.held[reader.shard], r)
			continue
		}
		records = append(records, r)
	}
	reader.seen += len(late)
	if len(records) > 1 && dice.IntN(10) == 0 {
		s.log.add("records twice")
		records = append(records, records[:1+dice.IntN(len(records)-1)]...)
	}
	said.Records = records
	mixed, err := json.Marshal(said)
	if err != nil {
		return answer
	}
	return mixed
}
