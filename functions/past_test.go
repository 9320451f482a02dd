package functions_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/shop/account"
)

// TestTimeTravel: an account and an order as they were, whatever the read models know.
func TestTimeTravel(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened) // nothing is projected
	for range 3 {
		s.ok(t, "POST /accounts/a-1/deposits", usd5)
	}
	for version, balance := range map[int]string{1: "10.00", 2: "15.00", 4: "25.00"} {
		got := s.ok(t, fmt.Sprint("GET /accounts/a-1?version=", version), "")
		if !strings.Contains(got.Body, balance) || !strings.Contains(got.Body, fmt.Sprintf(`"version":%d`, version)) ||
			got.Headers["Consistency"] != "strong" {
			t.Errorf("version %d: %v %s, want %s", version, got.Headers, got.Body, balance)
		}
	}
	var third time.Time
	for c, err := range s.events(t).Read(t.Context(), account.Aggregate.Stream("a-1"), es.Range{From: 3, To: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		third = c.At
	}
	asOf := func(at time.Time) string {
		return "GET /accounts/a-1?asOf=" + url.QueryEscape(at.Format(time.RFC3339Nano))
	}
	if got := s.ok(t, asOf(third), ""); !strings.Contains(got.Body, `"20.00"`) ||
		got.Headers["Consistency"] != "provisional" {
		t.Errorf("account as of the third commit: headers %v, body %s", got.Headers, got.Body)
	}
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":2,`+
		`"unitPrice":{"amount":"2","currency":"USD"}}]}`)
	if got := s.ok(t, "GET /orders/o?version=1", ""); !strings.Contains(got.Body, `"itemCount":0`) ||
		!strings.Contains(got.Body, `"status":"draft"`) {
		t.Errorf("inside a commit: %s", got.Body)
	}
	s.refused(t, "GET /accounts/a-1?version=5", "", http.StatusNotFound, "version-not-found")
	s.refused(t, "GET /accounts/nobody?version=1", "", http.StatusNotFound, "not-found")
	s.refused(t, asOf(third.Add(-time.Hour)), "", http.StatusNotFound, "not-found")
	s.refused(t, "GET /accounts/a-1?version=0", "", http.StatusBadRequest, "invalid-request")
	s.refused(t, "GET /accounts/a-1?version=x", "", http.StatusBadRequest, "invalid-request")
	s.refused(t, "GET /accounts/a-1?asOf=yesterday", "", http.StatusBadRequest, "invalid-request")
	s.refused(t, asOf(third)+"&version=1", "", http.StatusBadRequest, "invalid-request")
	s.refused(t, "GET /accounts/a-1", "", http.StatusAccepted, "not-yet-projected")
	s.ok(t, "POST /products/p/price", `{"unitPrice":{"amount":"3","currency":"USD"}}`)
	if got := s.ok(t, "GET /products/p?version=1", ""); !strings.Contains(got.Body, `"2.50"`) ||
		got.Headers["Consistency"] != "strong" {
		t.Errorf("product at an earlier version: headers %v, body %s", got.Headers, got.Body)
	}
}

// TestSnapshotsComeFromTheProjector: every hundred events of an account, every fifty of an order.
func TestSnapshotsComeFromTheProjector(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /products", listedP)
	items := strings.TrimSuffix(strings.Repeat(`{"productId":"p","quantity":1,"unitPrice":{"amount":"2",`+
		`"currency":"USD"}},`, 60), ",")
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[`+items+`]}`)
	snapshots := dynamostore.NewSnapshots(s.client, s.Tables["snapshots"])
	want := func(stream es.StreamID, version int64) {
		t.Helper()
		s.project(t)
		got, err := snapshots.LoadSnapshot(t.Context(), stream)
		switch {
		case err != nil:
			t.Error(err)
		case version == 0 && got != nil, version > 0 && (got == nil || got.Version != version):
			t.Errorf("snapshot of %s: %+v, want one at %d", stream, got, version)
		}
	}
	want(es.StreamID{Type: "Order", ID: "o"}, 61)
	want(account.Aggregate.Stream("a-1"), 0)
	for range 100 {
		s.ok(t, "POST /accounts/a-1/deposits", usd5)
	}
	want(account.Aggregate.Stream("a-1"), 101)
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
}
