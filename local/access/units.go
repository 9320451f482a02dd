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

// Units are the capacity units that requests consumed, as DynamoDB counts them.
type Units struct {
	Read  float64 `json:"read"`
	Write float64 `json:"write"`
}

// units adds up what the functions consumed. Conditions that failed are not in it: their answers do not say.
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

// Units are those that all functions consumed so far.
func (c *Control) Units() Units {
	c.units.mu.Lock()
	defer c.units.mu.Unlock()
	return c.units.sum
}

// consumption is what a request is counted by.
type consumption struct {
	write bool
	// written are the ARNs of the tables that it writes to.
	written []string
	// parts is how many items a transaction has. DynamoDB Local counts four units for each transaction, DynamoDB two for each
	// item of 1 KB.
	parts int
}

type consumptionKey struct{}

var writes = map[string]bool{
	"PutItem": true, "UpdateItem": true, "DeleteItem": true, "BatchWriteItem": true, "TransactWriteItems": true,
	"GetItem": false, "Query": false, "Scan": false, "BatchGetItem": false, "TransactGetItems": false,
}

const capacityField = `"ReturnConsumedCapacity"`

// counted asks for what a request consumes, where it does not so itself.
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

// count tells of what was written, and has an answer counted when it was read to its end.
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

// consumed is what an answer says that was consumed: of one table, or of each.
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
	_ = json.Unmarshal(value, &many) // none, where it is something else
	sum := 0.0
	for _, each := range many {
		sum += each.CapacityUnits
	}
	return sum
}

// tap keeps what is read, and tells at the end.
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
