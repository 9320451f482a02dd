package access

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/annals-es/annals/local/policy"
)

// Units are the capacity units that requests consumed, by DynamoDB's rules.
type Units struct {
	Read  float64 `json:"read"`
	Write float64 `json:"write"`
}

// units adds up what the functions consumed. Requests whose condition failed are not counted: their responses do not
// say what they consumed.
type units struct {
	mu  sync.Mutex
	sum Units
}

func (u *units) add(more Units) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sum.Read += more.Read
	u.sum.Write += more.Write
}

// Units returns what all functions consumed so far.
func (c *Control) Units() Units {
	c.units.mu.Lock()
	defer c.units.mu.Unlock()
	return c.units.sum
}

// consumption holds what is needed to count a request's units.
type consumption struct {
	write bool
	// written are the ARNs of the tables that the request writes to.
	written []string
	// parts is how many items a transaction has. DynamoDB Local counts four units for each transaction, DynamoDB two
	// for each item of 1 KB.
	parts int
}

type consumptionKey struct{}

var writes = map[string]bool{
	"PutItem": true, "UpdateItem": true, "DeleteItem": true, "BatchWriteItem": true, "TransactWriteItems": true,
	"GetItem": false, "Query": false, "Scan": false, "BatchGetItem": false, "TransactGetItems": false,
}

const capacityField = `"ReturnConsumedCapacity"`

// counted makes a request return its consumed capacity, if it does not ask for that itself.
func counted(r *http.Request, operation string, body []byte, requests []policy.Request) (*http.Request, []byte) {
	write, known := writes[operation]
	if !known {
		return r, body
	}
	if len(body) > 2 && !bytes.Contains(body, []byte(capacityField)) {
		body = append([]byte("{"+capacityField+`:"TOTAL",`), bytes.TrimLeft(body, "{ \t\r\n")...)
	}
	of := consumption{write: write}
	if operation == "TransactWriteItems" || operation == "TransactGetItems" {
		of.parts = len(requests)
	}
	for _, one := range requests {
		if write && !slices.Contains(of.written, one.Resource) {
			of.written = append(of.written, one.Resource)
		}
	}
	return r.WithContext(context.WithValue(r.Context(), consumptionKey{}, of)), body
}

// count reports the tables that were written, and counts a response once it has been read to its end.
func (c *Control) count(answer *http.Response) error {
	of, counted := answer.Request.Context().Value(consumptionKey{}).(consumption)
	if !counted || answer.StatusCode != http.StatusOK {
		return nil
	}
	for _, table := range of.written {
		c.Written(table)
	}
	switch {
	case of.parts > 0:
		c.units.add(of.units(2 * float64(of.parts)))
	default:
		answer.Body = &tap{ReadCloser: answer.Body, end: func(text []byte) { c.units.add(of.units(consumed(text))) }}
	}
	return nil
}

func (of consumption) units(n float64) Units {
	if of.write {
		return Units{Write: n}
	}
	return Units{Read: n}
}

// consumed returns the units that a response reports, for one table or summed over several.
func consumed(answer []byte) float64 {
	type capacity struct{ CapacityUnits float64 }
	field := []byte(`"ConsumedCapacity":`) // inside a value, the quotes would be escaped
	at := bytes.LastIndex(answer, field)
	if at < 0 {
		return 0
	}
	var value json.RawMessage
	if json.NewDecoder(bytes.NewReader(answer[at+len(field):])).Decode(&value) != nil {
		return 0
	}
	var one capacity
	if json.Unmarshal(value, &one) == nil {
		return one.CapacityUnits
	}
	var many []capacity
	_ = json.Unmarshal(value, &many) // empty, if it is something else
	sum := 0.0
	for _, each := range many {
		sum += each.CapacityUnits
	}
	return sum
}

// tap keeps a copy of what is read, and passes it on at the end.
type tap struct {
	io.ReadCloser
	text bytes.Buffer
	end  func([]byte)
	once sync.Once
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.text.Write(p[:n])
	if err == io.EOF {
		t.once.Do(func() { t.end(t.text.Bytes()) })
	}
	return n, err
}
