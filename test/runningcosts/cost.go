package main

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// request has the members of a request that its cost depends on.
type request struct {
	ConsistentRead bool
	Item           map[string]attribute // of PutItem
	RequestItems   map[string]struct {  // of BatchGetItem
		ConsistentRead bool
		Keys           []json.RawMessage
	}
	TransactItems []struct {
		Put *struct{ Item map[string]attribute }
	}
}

// tablesOf returns the tables of a request, joined by "+".
func tablesOf(sent []byte) string {
	type named struct{ TableName string }
	var r struct {
		named
		RequestItems  map[string]json.RawMessage
		TransactItems []struct{ Put, Update, Delete, ConditionCheck *named }
	}
	_ = json.Unmarshal(sent, &r) // it was sent by an SDK
	if r.TableName != "" {
		return r.TableName
	}
	tables := slices.Collect(maps.Keys(r.RequestItems))
	for _, i := range r.TransactItems {
		for _, n := range []*named{i.Put, i.Update, i.Delete, i.ConditionCheck} {
			if n != nil {
				tables = append(tables, n.TableName)
			}
		}
	}
	slices.Sort(tables)
	return strings.Join(slices.Compact(tables), "+")
}

// answer has the members of DynamoDB Local's answer that the cost depends on.
type answer struct {
	Type             string `json:"__type"`
	ConsumedCapacity json.RawMessage
	ScannedCount     *int
	Responses        map[string][]json.RawMessage
	UnprocessedKeys  map[string]struct{ Keys []json.RawMessage }
}

// costOf returns what DynamoDB charges for a request. DynamoDB Local's own figures are wrong in three cases, so this
// computes DynamoDB's: transactions cost two units for each kilobyte of each item; reads that find nothing cost one
// unit, or half a unit; writes whose condition fails cost as much as if it had held.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
func costOf(operation string, sent []byte, status int, got []byte) spent {
	var r request
	_ = json.Unmarshal(sent, &r) // fails for batches of writes, whose answer has the cost
	var a answer
	_ = json.Unmarshal(got, &a)
	out := spent{requests: 1}
	refused := strings.HasSuffix(a.Type, "ConditionalCheckFailedException") ||
		strings.HasSuffix(a.Type, "TransactionCanceledException")
	switch {
	case operation == "TransactWriteItems" && (status == http.StatusOK || refused):
		for _, part := range r.TransactItems {
			out.writes += 2
			if part.Put != nil {
				out.writes += 2 * (kilobytes(part.Put.Item) - 1)
			}
		}
	case refused:
		out.writes = kilobytes(r.Item)
	case status != http.StatusOK:
	case operation == "Query" && a.ScannedCount != nil && *a.ScannedCount == 0:
		out.reads = least(r.ConsistentRead)
	case operation == "Query", operation == "GetItem", operation == "Scan":
		out.reads = a.consumed()
	case operation == "BatchGetItem":
		out.reads = a.consumed()
		for table, asked := range r.RequestItems {
			missed := len(asked.Keys) - len(a.Responses[table]) - len(a.UnprocessedKeys[table].Keys)
			out.reads += least(asked.ConsistentRead) * float64(missed)
		}
	default:
		out.writes = a.consumed()
	}
	return out
}

func least(consistent bool) float64 {
	if consistent {
		return 1
	}
	return 0.5
}

// consumed returns the consumed capacity of an answer: of one table, or the sum of several.
func (a *answer) consumed() (sum float64) {
	type capacity struct{ CapacityUnits float64 }
	var one capacity
	if json.Unmarshal(a.ConsumedCapacity, &one) == nil {
		return one.CapacityUnits
	}
	var many []capacity
	_ = json.Unmarshal(a.ConsumedCapacity, &many) // none if the answer has no consumed capacity
	for _, each := range many {
		sum += each.CapacityUnits
	}
	return sum
}

// attribute is the value of an attribute, by its type.
type attribute map[string]json.RawMessage

// kilobytes returns the size of an item in kilobytes, rounded up, at least 1.
func kilobytes(item map[string]attribute) float64 {
	return float64(max(1, (sizeOfMap(item)+1023)/1024))
}

func sizeOfMap(m map[string]attribute) (size int) {
	for name, value := range m {
		size += len(name) + value.size()
	}
	return size
}

// size returns the size of a value in bytes. For numbers it may be off by a byte or two.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (a attribute) size() (size int) {
	for kind, raw := range a {
		switch kind {
		case "S", "N":
			var text string
			_ = json.Unmarshal(raw, &text) // it was sent by an SDK
			if size = len(text); kind == "N" {
				size = (size+1)/2 + 1
			}
		case "B":
			var text string
			_ = json.Unmarshal(raw, &text)
			size = base64.StdEncoding.DecodedLen(len(strings.TrimRight(text, "=")))
		case "SS":
			var all []string
			_ = json.Unmarshal(raw, &all)
			size = len(strings.Join(all, ""))
		case "M":
			var m map[string]attribute
			_ = json.Unmarshal(raw, &m)
			size = 3 + len(m) + sizeOfMap(m)
		case "L":
			var l []attribute
			_ = json.Unmarshal(raw, &l)
			size = 3 + len(l)
			for _, value := range l {
				size += value.size()
			}
		default:
			size = 1
		}
	}
	return size
}
