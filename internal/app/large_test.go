package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// put writes rows of a read model past its projection.
func (s *service) put(t *testing.T, model, partition string, rows ...string) {
	t.Helper()
	view := dynamoview.New(s.client, s.Tables.Of(tables.ReadModel(model)))
	for i, row := range rows {
		seen := projection.CheckpointUpdate{Stream: es.StreamID{Type: "None", ID: fmt.Sprint(partition, i)}, Next: projection.Checkpoint{Version: 1}}
		put := projection.Write{Key: projection.Key{Partition: partition, Sort: fmt.Sprintf("%03d", i)}, Row: json.RawMessage(row)}
		if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{seen}, []projection.Write{put}); err != nil {
			t.Fatal(err)
		}
	}
}

// short is the row of an order of 500 products, all short of stock, with ids as long as they may be.
func short(id int) string {
	products := make([]string, 500)
	for i := range products {
		products[i] = fmt.Sprintf(`"%0128d"`, i)
	}
	return fmt.Sprintf(`{"orderId":"o-%d","customerId":"c","status":"paid","shortOf":[%s],"version":9}`, id, strings.Join(products, ","))
}

// TestListsOfLargeRows: lists whose rows are too many for one answer come in pages that Lambda sends, and none is
// missing.
func TestListsOfLargeRows(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var rows []string
	for i := range 98 {
		rows = append(rows, short(i))
	}
	s.put(t, tables.CustomerOrders, "c", rows...)
	s.put(t, tables.ActiveOrders, "active|3", rows...)
	for _, list := range []string{"GET /customers/c/orders?limit=1000", "GET /orders?status=active&limit=1000"} {
		seen, pages := map[string]bool{}, 0
		for cursor := ""; ; {
			got := s.ok(t, list+cursor, "")
			if n := payload.Encoded(got.APIGatewayV2HTTPResponse); n > payload.MaxBytes {
				t.Fatalf("%s: %d bytes", list, n)
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
	s.put(t, tables.CustomerOrders, "c", `{"orderId":"good"}`, `{"orderId":"bad","total":{"amount":"secret"}}`, `{"orderId":["worse","secret"]}`)
	got := s.ok(t, "GET /customers/c/orders", "", "X-Correlation-Id: c-1")
	if !strings.Contains(got.Body, `"good"`) || !strings.Contains(got.Body, `"unreadable":2`) || strings.Contains(got.Body, "bad") {
		t.Errorf("%s", got.Body)
	}
	log := s.log.String()
	if strings.Count(log, "\n") != 1 || strings.Contains(log, "secret") || strings.Contains(log, "worse") {
		t.Errorf("logged %s", log)
	}
	for _, want := range []string{`"level":"ERROR"`, `"correlationId":"c-1"`, "2 rows of list-customer-orders", "{Partition:c Sort:001}", "{Partition:c Sort:002}"} {
		if !strings.Contains(log, want) {
			t.Errorf("logged %s, without %s", log, want)
		}
	}
}
