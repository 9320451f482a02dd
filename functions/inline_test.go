package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

const price3 = `{"unitPrice":{"amount":"3","currency":"USD"}}`

// TestProductsAreListedAtOnce: the catalog shows a product with the command's answer, without any projector; the
// projector then finds nothing to do.
func TestProductsAreListedAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /products", listedP)
	s.query(t, "GET /products/p", `{"productId":"p","name":"Tea","unitPrice":{"amount":"2.50","currency":"USD"},`+
		`"version":1}`)
	s.ok(t, "POST /products/p/price", price3, "Idempotency-Key: k")
	s.query(t, "GET /products/p", `{"unitPrice":{"amount":"3.00"},"version":2}`)
	s.ok(t, "POST /products/p/price", price3, "Idempotency-Key: k")
	s.query(t, "GET /products/p", `{"version":2}`)
	s.refused(t, "GET /products/p/inventory", "", http.StatusAccepted, "not-yet-projected") // not inline
	s.project(t)
	s.query(t, "GET /products/p", `{"name":"Tea","unitPrice":{"amount":"3.00"},"version":2}`)
	s.query(t, "GET /products/p/inventory", `{"received":0}`)
	s.ok(t, "POST /products/p/stock", `{"quantity":10}`)
	s.query(t, "GET /products/p", `{"version":3}`)
	if log := s.log.String(); strings.Contains(log, "companion") {
		t.Errorf("log: %s, want no word of companions", log)
	}
}

// TestCommandCostsOfInline counts what commands send, at the wire: a command on a product is one transaction of two
// items, at twice the units each, and two reads. A command that stores the first personal data of a person makes a key,
// which takes a read and a write, and a write for its note. Others are what they were.
func TestCommandCostsOfInline(t *testing.T) { //nolint:paralleltest // a command waits half a second for checkpoints
	s := newService(t)
	meter := &dynamotest.Meter{}
	metered := s.Deployment
	metered.DynamoDB = dynamotest.Client(t, annalslambda.Punctual, meter.Metered)
	metered.Store.Now = time.Now // which it need not ask for
	commands, err := metered.Command()
	if err != nil {
		t.Fatal(err)
	}
	s.functions[annalsaws.Command] = annalslambda.Gateway(declared, commands, s.Log)
	inline := map[string]int{"Query": 1, "GetItem": 1, "TransactWriteItems": 1}
	for _, test := range []struct {
		target, body string
		want         map[string]int
		units        float64
	}{
		{"POST /products", listedP, inline, 2 + 4},
		{"POST /products/p/price", price3, inline, 2 + 4},
		{"POST /products/p/stock", `{"quantity":10}`, inline, 2 + 4},
		{"POST /accounts", opened, map[string]int{"GetItem": 1, "PutItem": 3}, 4},
		{"POST /accounts/a-1/deposits", usd5, map[string]int{"PutItem": 1}, 1},
	} {
		meter.Take()
		s.ok(t, test.target, test.body)
		got := meter.Take()
		if diff := cmp.Diff(test.want, got.Requests); diff != "" || got.Units() != test.units {
			t.Errorf("%s: %v units, want %v; requests (-want +got):\n%s", test.target, got.Units(), test.units, diff)
		}
	}
}

// TestCommandsWithoutReadTables: commands need none of the tables of read models.
func TestCommandsWithoutReadTables(t *testing.T) {
	t.Parallel()
	for _, gone := range []string{annalsaws.Projections.Name, "product-catalog"} {
		t.Run(gone, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			names := annalslambda.TableNames{}
			for name, table := range s.Tables {
				names[name] = table
			}
			names[gone] = "gone"
			crippled := s.Deployment
			crippled.Tables = names
			commands, err := crippled.Command()
			if err != nil {
				t.Fatal(err)
			}
			s.functions[annalsaws.Command] = annalslambda.Gateway(declared, commands, s.Log)
			s.ok(t, "POST /products", listedP)
			s.ok(t, "POST /products/p/price", price3)
			s.as(t, "ada", "POST /orders", orderFor("o", "ada")).is(t, "201")
			log := s.log.String()
			if strings.Count(log, "append without its companion rows") != 2 || strings.Count(log, "prices are read from") != 1 ||
				strings.Contains(log, "Tea") {
				t.Errorf("log: %s, want two appends without rows and no payload", log)
			}
			s.project(t)
			s.query(t, "GET /products/p", `{"unitPrice":{"amount":"3.00"},"version":2}`)
		})
	}
}

// hang never answers requests that name a table.
type hang struct {
	next  dynamodb.HTTPClient
	table string
}

func (h hang) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), h.table) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return h.next.Do(r)
}

// TestReadTablesThatHang: commands go on without the rows after a moment, within the time that a function has.
func TestReadTablesThatHang(t *testing.T) {
	t.Parallel()
	s := newService(t)
	hanging := s.Deployment
	hanging.DynamoDB = dynamotest.Client(t, annalslambda.Punctual, func(o *dynamodb.Options) {
		o.HTTPClient = hang{o.HTTPClient, s.Tables.Of(annalsaws.Projections)}
	})
	commands, err := hanging.Command()
	if err != nil {
		t.Fatal(err)
	}
	bounded := annalslambda.Gateway(declared, commands, s.Log)
	began := time.Now()
	_, event := request(t, "POST /products", listedP)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var in events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(event, &in); err != nil {
		t.Fatal(err)
	}
	out, err := bounded(ctx, in)
	if err != nil || out.StatusCode != http.StatusCreated || time.Since(began) > 10*time.Second {
		t.Errorf("command with a slow companion: status %d, body %s, %v after %s; want 201 within 10 s",
			out.StatusCode, out.Body, err, time.Since(began))
	}
}

// TestTwoCommandsOnAProduct: both are done, one after the other, and the row shows both.
func TestTwoCommandsOnAProduct(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /products", listedP)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range 2 {
		wg.Go(func() {
			<-start
			got := s.send(t, "POST /products/p/stock", fmt.Sprintf(`{"quantity":%d}`, i+1))
			if got.StatusCode != http.StatusOK {
				t.Errorf("add stock in parallel: status %d, body %s; want 200", got.StatusCode, got.Body)
			}
		})
	}
	close(start)
	wg.Wait()
	s.query(t, "GET /streams/Product/p", `{"items":[{"version":1},{"version":2},{"version":3}]}`)
	s.query(t, "GET /products/p", `{"version":3}`)
	s.project(t)
	s.query(t, "GET /products/p", `{"version":3}`)
	s.query(t, "GET /products/p/inventory", `{"received":3}`)
}
