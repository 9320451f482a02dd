package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// operations sends a request to each operation of the OpenAPI document, and checks that a function answers. If API
// Gateway has no route, it answers itself.
func (r *run) operations(ctx context.Context) error {
	document, _, err := r.request(ctx, http.StatusOK, http.MethodGet, "/openapi.json", nil)
	if err != nil {
		return err
	}
	asked := 0
	paths, _ := document["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method := range methods {
			if method == "parameters" {
				continue
			}
			asked++
			if err := r.operation(ctx, strings.ToUpper(method), path); err != nil {
				return err
			}
		}
	}
	if asked < 27 {
		return fmt.Errorf("the document has %d operations, want at least 27", asked)
	}
	return nil
}

func (r *run) operation(ctx context.Context, method, path string) error {
	for _, name := range []string{"{id}", "{productId}", "{type}", "{file}"} {
		path = strings.ReplaceAll(path, name, "Nobody")
	}
	request, err := http.NewRequestWithContext(ctx, method, r.outputs["ApiUrl"]+path, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	answer, err := r.machine.client.Do(request)
	if err != nil {
		return err
	}
	var said struct{ Type, Message string }
	_ = json.NewDecoder(answer.Body).Decode(&said)
	_ = answer.Body.Close()
	if said.Message != "" || answer.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%s %s: %d %s: no function answered", method, path, answer.StatusCode, said.Message)
	}
	return nil
}

// command sends a command and returns its consistency token.
func (r *run) command(ctx context.Context, want int, method, path string, body any) (string, error) {
	_, header, err := r.request(ctx, want, method, path, body)
	if err == nil && header.Get("Consistency-Token") == "" {
		err = fmt.Errorf("%s %s: the answer has no Consistency-Token", method, path)
	}
	return header.Get("Consistency-Token"), err
}

func usd(amount string) object { return object{"amount": amount, "currency": "USD"} }

// order creates an order. Its products must exist.
func (r *run) order(ctx context.Context, id string) (string, error) {
	return r.command(ctx, http.StatusCreated, http.MethodPost, "/orders", object{
		"orderId": id, "customerId": "ada", "items": []any{object{"productId": "tea", "quantity": 1}},
	})
}

// readYourWrites takes an order from its creation to its delivery. After each command, a query with its token must show
// it.
func (r *run) readYourWrites(ctx context.Context) error {
	if _, err := r.command(ctx, http.StatusOK, http.MethodPost, "/products/tea/stock", object{
		"quantity": 100,
	}); err != nil {
		return err
	}
	const of = "/orders/life"
	token, err := r.order(ctx, "life")
	if err != nil {
		return err
	}
	if err := r.shows(ctx, of, token, "draft"); err != nil {
		return err
	}
	for _, step := range []struct {
		method, path string
		body         any
		status       string
	}{
		{
			http.MethodPut, "/shipping-address",
			object{"recipient": "Ada", "line1": "1 Main Street", "city": "London", "country": "UK"}, "draft",
		},
		{http.MethodPost, "/place", nil, "placed"},
		{http.MethodPost, "/payments", object{"paymentId": "p-1", "amount": usd("9.50")}, "paid"},
		{http.MethodPost, "/shipments", object{"trackingNumber": "T-1"}, "shipped"},
		{http.MethodPost, "/delivery", nil, "delivered"},
	} {
		token, err := r.command(ctx, http.StatusOK, step.method, of+step.path, step.body)
		if err != nil {
			return err
		}
		if err := r.shows(ctx, of, token, step.status); err != nil {
			return err
		}
	}
	return eventually(ctx, func() error { // the reaction takes the stock
		inventory, _, err := r.request(ctx, http.StatusOK, http.MethodGet, "/products/tea/inventory", nil)
		if err == nil && fmt.Sprint(inventory["onHand"]) != "99" {
			err = fmt.Errorf("after an order of 1 of 100 units, the inventory is %v", inventory)
		}
		return err
	})
}

// shows checks that a query with a token shows an order in a status.
func (r *run) shows(ctx context.Context, path, token, status string) error {
	shown, _, err := r.request(ctx, http.StatusOK, http.MethodGet,
		path+"?after="+strings.ReplaceAll(token, "#", "%23"), nil)
	if err == nil && shown["status"] != status {
		err = fmt.Errorf("GET %s after %s: %v, want status %s", path, token, shown, status)
	}
	return err
}

// hears checks that a WebSocket client is notified of a change of an order.
func (r *run) hears(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := r.order(ctx, "heard"); err != nil {
		return err
	}
	// If an authorizer has no identity source, the emulator demands the header Authorization. AWS does not, since a
	// page in a browser can't send it.
	if early, err := r.dial(ctx, nil); err == nil || !strings.Contains(err.Error(), "401") {
		if err == nil {
			_ = early.CloseNow()
		}
		return fmt.Errorf("without the header, the emulator answers %w, want 401: if it no longer demands the header, "+
			"connect without it", err)
	}
	conn, err := r.dial(ctx, http.Header{"Authorization": {"Bearer " + r.token}})
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	if err := conn.Write(ctx, websocket.MessageText,
		[]byte(`{"action":"subscribe","projection":"orders","stream":"Order#heard"}`)); err != nil {
		return err
	}
	if _, err := r.heard(ctx, conn, "subscribed"); err != nil {
		return err
	}
	if _, err := r.command(ctx, http.StatusOK, http.MethodPost, "/orders/heard/cancel", nil); err != nil {
		return err
	}
	change, err := r.heard(ctx, conn, "change")
	if err == nil && !strings.Contains(change, "Order#heard") {
		err = fmt.Errorf("the change is not of Order#heard: %s", change)
	}
	return err
}

// dial connects as a page in a browser does, with its token as a subprotocol. It also sends a header.
func (r *run) dial(ctx context.Context, header http.Header) (*websocket.Conn, error) {
	//nolint:bodyclose // Dial: "you never need to close resp.Body yourself"
	conn, _, err := websocket.Dial(ctx, r.outputs["SocketUrl"], &websocket.DialOptions{
		Subprotocols: []string{"annals.v1", "bearer." + r.token}, HTTPClient: r.machine.client, HTTPHeader: header,
	})
	return conn, err
}

func (r *run) heard(ctx context.Context, conn *websocket.Conn, want string) (string, error) {
	_, text, err := conn.Read(ctx)
	if err != nil {
		return "", fmt.Errorf("waiting for %s: %w", want, err)
	}
	var said struct{ Type string }
	if err := parse(string(text), &said); err != nil {
		return "", err
	}
	if said.Type != want {
		return "", fmt.Errorf("the service sent %s, want %s", text, want)
	}
	return string(text), nil
}

// published checks that a rule on the bus matches an event that the reactor publishes.
func (r *run) published(ctx context.Context) error {
	const queue = "published"
	var url string
	if err := r.aws(ctx, &url, "sqs", "create_queue", object{"QueueName": queue}, "QueueUrl"); err != nil {
		return err
	}
	_, bus, _ := strings.Cut(r.outputs["EventBusArn"], "event-bus/")
	if err := errors.Join(
		r.aws(ctx, nil, "events", "put_rule", object{
			"Name": queue, "EventBusName": bus, "EventPattern": `{"detail-type":["org.annals.order.placed.v1"]}`,
		}, ""),
		r.aws(ctx, nil, "events", "put_targets", object{
			"Rule": queue, "EventBusName": bus,
			"Targets": []any{object{"Id": "1", "Arn": "arn:aws:sqs:" + region + ":000000000000:" + queue}},
		}, ""),
	); err != nil {
		return err
	}
	if _, err := r.order(ctx, "published"); err != nil {
		return err
	}
	if _, err := r.command(ctx, http.StatusOK, http.MethodPut, "/orders/published/shipping-address",
		object{"recipient": "Ada", "line1": "1 Main Street", "city": "London", "country": "UK"}); err != nil {
		return err
	}
	if _, err := r.command(ctx, http.StatusOK, http.MethodPost, "/orders/published/place", nil); err != nil {
		return err
	}
	err := eventually(ctx, func() error {
		var got []string
		err := r.aws(ctx, &got, "sqs", "receive_message", object{"QueueUrl": url}, "Messages[].Body")
		if err == nil && (len(got) == 0 || !strings.Contains(got[0], `"orderId"`)) {
			err = fmt.Errorf("the bus delivered %q, want the placed order", got)
		}
		return err
	})
	return errors.Join(err,
		r.aws(ctx, nil, "events", "remove_targets", object{"Rule": queue, "EventBusName": bus, "Ids": []any{"1"}}, ""),
		r.aws(ctx, nil, "events", "delete_rule", object{"Name": queue, "EventBusName": bus}, ""),
		r.aws(ctx, nil, "sqs", "delete_queue", object{"QueueUrl": url}, ""))
}
