package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// serving returns the serving generation of a projection, and how many of its streams are parked.
func (r *run) serving(ctx context.Context, name string) (generation, parked int, err error) {
	said, err := r.annals(ctx, "projections", "--output", "json")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(said) {
		var one struct {
			Projection, Status string
			Generation, Parked int
		}
		if err := parse(line, &one); err != nil {
			return 0, 0, err
		}
		if one.Projection == name && one.Status == "serving" {
			return one.Generation, one.Parked, nil
		}
	}
	return 0, 0, fmt.Errorf("projection %s has no serving generation: %s", name, said)
}

// rebuilds rebuilds a read model with the state machine, and rolls back. After each, the right generation must serve,
// with the same answers.
func (r *run) rebuilds(ctx context.Context) error {
	const name, path = "product-counts", "/products/tea/sales"
	before, _, err := r.request(ctx, http.StatusOK, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	first, _, err := r.serving(ctx, name)
	if err != nil {
		return err
	}
	for i, command := range []string{"rebuild", "rollback"} {
		if _, err := r.annals(ctx, command, name); err != nil {
			return err
		}
		now, _, err := r.serving(ctx, name)
		if err != nil {
			return err
		}
		if want := first + 1 - i; now != want {
			return fmt.Errorf("after %s, the serving generation is %d, want %d", command, now, want)
		}
		after, _, err := r.request(ctx, http.StatusOK, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		if fmt.Sprint(after) != fmt.Sprint(before) {
			return fmt.Errorf("after %s, GET %s answers %v, want %v", command, path, after, before)
		}
	}
	var runs []struct{ Status string }
	if err := r.aws(ctx, &runs, "stepfunctions", "list_executions",
		object{"stateMachineArn": r.outputs["RebuildMachineArn"]}, "executions"); err != nil {
		return err
	}
	for _, one := range runs {
		if one.Status == "SUCCEEDED" {
			return nil
		}
	}
	return fmt.Errorf("no execution of the state machine succeeded: %v", runs)
}

// poison makes the projector run code that lacks an event type, as if it had been deployed after the functions that
// write events. A stream that it can't read must be parked without delaying others. With the right code, a retry must
// succeed.
func (r *run) poison(ctx context.Context) error {
	const name, of = "orders", "/orders/poisoned"
	// No fold has a handler for this type alone. With such a handler, code without the type would not start.
	line := `	es.Type[Event]("ShippingAddressSet", 1, ShippingAddressSet{}),`
	old, err := r.without(ctx, "projector", filepath.Join("shop", "order", "event.go"), line)
	if err != nil {
		return err
	}
	if err := r.put(ctx, "ProjectorFunction", old); err != nil {
		return err
	}
	if _, err := r.order(ctx, "poisoned"); err != nil {
		return err
	}
	token, err := r.command(ctx, http.StatusOK, http.MethodPut, of+"/shipping-address",
		object{"recipient": "Ada", "line1": "1 Main Street", "city": "London", "country": "UK"})
	if err != nil {
		return err
	}
	if err := eventually(ctx, func() error {
		said, err := r.annals(ctx, "parked", "list", name)
		if status(err) == 0 && (!strings.Contains(said, "Order#poisoned") || !strings.Contains(said, "needs-newer-code")) {
			err = fmt.Errorf("Order#poisoned is not parked as needs-newer-code: %s", said)
		}
		return err
	}); err != nil {
		return err
	}
	other, err := r.order(ctx, "beside")
	if err != nil {
		return err
	}
	if err := r.shows(ctx, "/orders/beside", other, "draft"); err != nil {
		return fmt.Errorf("another stream is delayed, too: %w", err)
	}
	now, err := os.ReadFile(r.bootstrap("projector"))
	if err != nil {
		return err
	}
	if err := r.put(ctx, "ProjectorFunction", now); err != nil {
		return err
	}
	if _, err := r.annals(ctx, "parked", "retry"); err != nil {
		return err
	}
	_, parked, err := r.serving(ctx, name)
	if err == nil && parked != 0 {
		err = fmt.Errorf("%d streams are still parked", parked)
	}
	if err != nil {
		return err
	}
	return r.shows(ctx, of, token, "draft")
}

// without builds a function from the code without one line.
func (r *run) without(ctx context.Context, function, file, line string) ([]byte, error) {
	whole := filepath.Join(r.root, file)
	text, err := os.ReadFile(whole)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(text, []byte(line)) {
		return nil, fmt.Errorf("%s has no line %q", file, line)
	}
	lacking, overlay, built := filepath.Join(r.dir, "lacking.go"), filepath.Join(r.dir, "overlay.json"),
		filepath.Join(r.dir, function)
	if err := errors.Join(
		os.WriteFile(lacking, bytes.Replace(text, []byte(line), nil, 1), 0o600),
		writeJSON(overlay, object{"Replace": object{whole: lacking}}),
	); err != nil {
		return nil, err
	}
	if _, err := r.exec(ctx, []string{"CGO_ENABLED=0", "GOARCH=" + runtime.GOARCH}, "go", "build", "-tags", "lambda.norpc",
		"-buildvcs=false", "-ldflags", "-s -w",
		"-overlay", overlay, "-o", built, "./functions/"+function); err != nil {
		return nil, err
	}
	return os.ReadFile(built)
}

// put replaces the program of a deployed function.
func (r *run) put(ctx context.Context, function string, program []byte) error {
	file := filepath.Join(r.dir, "code.zip")
	archive, err := os.Create(file)
	if err != nil {
		return err
	}
	w := zip.NewWriter(archive)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err != nil {
		return errors.Join(err, archive.Close())
	}
	_, err = entry.Write(program)
	if err := errors.Join(err, w.Close(), archive.Close()); err != nil {
		return err
	}
	_, err = r.shell(ctx, "aws lambda update-function-code --function-name "+r.resources[function].PhysicalResourceID+
		" --zip-file fileb://"+file)
	return err
}

// reconciles compares all streams with the read models, and verifies all events.
func (r *run) reconciles(ctx context.Context) error {
	if _, err := r.annals(ctx, "reconcile", "--settled", "0s"); err != nil {
		return err
	}
	_, err := r.annals(ctx, "verify")
	return err
}

// tampering overwrites a stored event, which no policy can deny. The reactor must count it, and annals verify must find
// it. Then it restores the event.
func (r *run) tampering(ctx context.Context) error {
	table := r.outputs["EventsTableName"]
	var item object
	if err := r.aws(ctx, &item, "dynamodb", "get_item", object{
		"TableName": table, "Key": object{"stream": object{"S": "Order#heard"}, "version": object{"N": "1"}},
	}, "Item"); err != nil {
		return err
	}
	was := item["at"]
	item["at"] = object{"S": "2020-01-01T00:00:00.000000Z"}
	if was == nil || fmt.Sprint(was) == fmt.Sprint(item["at"]) {
		return fmt.Errorf("unexpected item of Order#heard@1: %v", item)
	}
	if err := r.store(ctx, table, item); err != nil {
		return err
	}
	if err := eventually(ctx, func() error {
		said, err := r.messages(ctx, "ReactorLogs")
		if err == nil && len(linesWith(strings.Join(said, "\n"), `"TamperedCommits":1`)) == 0 {
			err = errors.New("the reactor did not count a tampered commit")
		}
		return err
	}); err != nil {
		return err
	}
	said, err := r.annals(ctx, "verify")
	if status(err) != 3 || !strings.Contains(said, "Order#heard") {
		return fmt.Errorf("annals verify does not find Order#heard: exit code %d: %s", status(err), said)
	}
	item["at"] = was
	if err := r.store(ctx, table, item); err != nil {
		return err
	}
	_, err = r.annals(ctx, "verify")
	return err
}

func (r *run) store(ctx context.Context, table string, item object) error {
	return r.aws(ctx, nil, "dynamodb", "put_item", object{"TableName": table, "Item": item}, "")
}
