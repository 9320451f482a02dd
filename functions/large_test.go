package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/order"
)

// put writes rows of both lists of orders past their projection: those of the orders o-0, o-1 and so on of the customer
// c.
func (s *service) put(t *testing.T, rows ...string) {
	t.Helper()
	view := dynamoview.New(s.client, s.Tables["orders"])
	for i, row := range rows {
		stream := order.Aggregate.Stream(fmt.Sprint("o-", i))
		slot := func(partition string) projection.Slot {
			at := projection.OwnKey(stream, projection.Key{Partition: partition, Sort: fmt.Sprintf("%03d", i)})
			return projection.Slot{Key: at, Row: json.RawMessage(row)}
		}
		seen := projection.CheckpointUpdate{
			Stream: stream, Next: projection.Checkpoint{Version: 1, Slots: []projection.Slot{slot("active|3"), slot("c")}},
		}
		if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{seen}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// short is the row of an order of 500 products, all short of stock, with ids as long as they may be.
func short() string {
	products := make([]string, 500)
	for i := range products {
		products[i] = fmt.Sprintf(`"%0128d"`, i)
	}
	return fmt.Sprintf(`{"m":[%s],"v":9}`, strings.Join(products, ","))
}

// maxBytes is the largest event that Lambda answers with.
const maxBytes = 6_291_556

// sent is how many bytes an answer takes as Lambda sends it.
func sent(t *testing.T, a answer) int {
	t.Helper()
	text, err := lambda.NewHandler(func(context.Context) (any, error) {
		return a.APIGatewayV2HTTPResponse, nil
	}).Invoke(t.Context(), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return len(bytes.TrimSuffix(text, []byte("\n")))
}

// TestListsOfLargeRows: lists whose rows are too many for one answer come in pages that Lambda sends, and none is
// missing.
func TestListsOfLargeRows(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var rows []string
	for range 98 {
		rows = append(rows, short())
	}
	s.put(t, rows...)
	for _, list := range []string{"GET /customers/c/orders?limit=1000", "GET /orders?status=active&limit=1000"} {
		seen, pages := map[string]bool{}, 0
		for cursor := ""; ; {
			got := s.ok(t, list+cursor, "")
			if n := sent(t, got); n > maxBytes {
				t.Fatalf("%s: %d bytes, more than an answer may have", list, n)
			}
			var page struct {
				Items []struct{ OrderID string }
				Next  string
			}
			if err := json.Unmarshal([]byte(got.Body), &page); err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				seen[item.OrderID] = true
			}
			if pages++; page.Next == "" {
				break
			}
			cursor = "&cursor=" + page.Next
		}
		if len(seen) != 98 || pages != 2 {
			t.Errorf("%s: %d orders on %d pages", list, len(seen), pages)
		}
	}
}

// TestUnreadableRowsAreToldOnce: the answer counts them, and one entry of the log has their keys and nothing of the
// rows.
func TestUnreadableRowsAreToldOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.put(t, `{"v":1}`, `{"k":"bad","t":"secret"}`, `{"k":["worse","secret"]}`)
	got := s.ok(t, "GET /customers/c/orders", "", "X-Correlation-Id: c-1")
	if !strings.Contains(got.Body, `"o-0"`) || !strings.Contains(got.Body, `"unreadable":2`) ||
		strings.Contains(got.Body, "bad") {
		t.Errorf("list of orders, two of them unreadable: %s, want o-0 alone and \"unreadable\":2", got.Body)
	}
	log := s.log.String()
	if strings.Count(log, "\n") != 1 || strings.Contains(log, "secret") || strings.Contains(log, "worse") {
		t.Errorf("log: %s, want one line without payloads", log)
	}
	for _, want := range []string{
		`"level":"ERROR"`, `"correlationId":"c-1"`, "2 rows of list-customer-orders",
		"{Partition:c Sort:001|Order#o-1}", "{Partition:c Sort:002|Order#o-2}",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("log: %s, want %s in it", log, want)
		}
	}
}
