package main

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// request is what decides what a request costs.
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

// tablesOf are the tables that a request is about.
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

// answer is what DynamoDB Local says that a request cost, and what it leaves out.
type answer struct {
	Type             string `json:"__type"`
	ConsumedCapacity json.RawMessage
	ScannedCount     *int
	Responses        map[string][]json.RawMessage
	UnprocessedKeys  map[string]struct{ Keys []json.RawMessage }
}

// costOf is what DynamoDB charges for a request. DynamoDB Local's own figures are wrong for transactions (two units
// for each kilobyte of each item), for reads that find nothing (one unit, or a half), and for conditions that are
// refused (as if they held).
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
func costOf(operation string, sent []byte, status int, got []byte) spent {
	var r request
	_ = json.Unmarshal(sent, &r) // of a batch of writes, Keys are of another shape: its answer says all
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

// consumed adds up what an answer says: of one table, or of each.
func (a *answer) consumed() (sum float64) {
	type capacity struct{ CapacityUnits float64 }
	var one capacity
	if json.Unmarshal(a.ConsumedCapacity, &one) == nil {
		return one.CapacityUnits
	}
	var many []capacity
	_ = json.Unmarshal(a.ConsumedCapacity, &many) // none, where the answer says nothing
	for _, each := range many {
		sum += each.CapacityUnits
	}
	return sum
}

// attribute is the value of an attribute, by its type.
type attribute map[string]json.RawMessage

// kilobytes are those of an item, begun ones counted whole; 1 at least.
func kilobytes(item map[string]attribute) float64 {
	return float64(max(1, (sizeOfMap(item)+1023)/1024))
}

func sizeOfMap(m map[string]attribute) (size int) {
	for name, value := range m {
		size += len(name) + value.size()
	}
	return size
}

// size is what a value takes, to a byte or two for numbers.
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
