package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"

	"github.com/coder/websocket"
)

// said is a message of the service: subscribed, change or error.
type said struct {
	Type    string
	Code    string
	Detail  string
	Message string // of API Gateway
}

// listen connects, subscribes, runs the command, and prints changes until it has enough.
//
// A program that shows data should read the data after "subscribed", and again after each reconnect: changes that
// happen while it is not connected are not sent later.
func listen(ctx context.Context, o options, out, errOut io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, o.wait)
	defer cancel()
	//nolint:bodyclose // Dial: "you never need to close resp.Body yourself"
	conn, answer, err := websocket.Dial(ctx, o.url, dialing(o.token))
	if err != nil {
		if answer != nil {
			return fmt.Errorf("%s refuses: %s", o.url, answer.Status)
		}
		return fmt.Errorf("connect to %s (is `make run` running?): %w", o.url, err)
	}
	defer func() { _ = conn.CloseNow() }()
	if err := subscribe(ctx, conn, o); err != nil {
		return err
	}
	for left := o.count; left > 0; {
		text, told, err := receive(ctx, conn)
		if err != nil {
			return fmt.Errorf("%d of %d changes have not come: %w", left, o.count, err)
		}
		switch told.Type {
		case "subscribed":
			if err := run(ctx, o.command, out, errOut); err != nil {
				return err
			}
		case "change":
			left--
			fmt.Fprintln(out, text)
		default:
			return fmt.Errorf("the service answered: %s %s%s", told.Code, told.Detail, told.Message)
		}
	}
	return conn.Close(websocket.StatusNormalClosure, "")
}

// dialing passes the token, if there is one, the way a page in a browser must: it can't set headers.
func dialing(token string) *websocket.DialOptions {
	o := &websocket.DialOptions{Subprotocols: []string{"annals.v1"}}
	if token != "" {
		o.Subprotocols = append(o.Subprotocols, "bearer."+token)
	}
	return o
}

func subscribe(ctx context.Context, conn *websocket.Conn, o options) error {
	ask, err := json.Marshal(struct {
		Action     string `json:"action"`
		Projection string `json:"projection"`
		Stream     string `json:"stream,omitempty"`
		Customer   string `json:"customer,omitempty"`
	}{"subscribe", o.projection, o.stream, o.customer})
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, ask)
}

func receive(ctx context.Context, conn *websocket.Conn) (string, said, error) {
	_, text, err := conn.Read(ctx)
	if err != nil {
		return "", said{}, err
	}
	var told said
	err = json.Unmarshal(text, &told)
	return string(text), told, err
}

// run runs the command, if there is one.
func run(ctx context.Context, command []string, out, errOut io.Writer) error {
	if len(command) == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, errOut
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", command[0], err)
	}
	return nil
}
