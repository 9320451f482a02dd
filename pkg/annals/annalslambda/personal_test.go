package annalslambda_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/pkg/es/projection"
)

// A parcel is about the person that it goes to, who is its owner.
type (
	parcelEvent interface{ parcelEvent() }
	sentOff     struct {
		To      string `json:"to"`
		Address string `json:"address" personal:"subject=to" erased:"\"(removed)\""`
		Note    string `json:"note" personal:"owner"`
		Weight  int    `json:"weight"`
	}
	parcel   struct{ Address string }
	sendBody struct {
		ID      annals.ID `json:"id" annals:"id"`
		To      annals.ID `json:"to"`
		Address string    `json:"address"`
	}
	label struct {
		Address string `json:"address"`
		Note    string `json:"note"`
		Weight  int    `json:"weight"`
	}
	parcelSent sentOff
)

func (sentOff) parcelEvent() {}

// Type implements [publish.Data].
func (parcelSent) Type() string { return "parcel.sent.v1" }

func (parcel) Send(in sendBody) ([]parcelEvent, error) {
	return []parcelEvent{sentOff{string(in.To), in.Address, "fragile: " + in.Address, 7}}, nil
}

var parcels = es.Aggregate[parcel, parcelEvent]{
	StreamType: "Parcel", Events: es.NewRegistry(es.Type[parcelEvent]("SentOff", 1, sentOff{})),
	Evolve: func(p *parcel, e parcelEvent) { p.Address = e.(sentOff).Address },
}

// mail is a service with personal data.
func mail() *annals.Service {
	labels := projection.New("labels", 1, projection.From(parcels,
		projection.On(func(d *label, e projection.Event[sentOff], _ *projection.Writes) error {
			*d = label{e.Data.Address, e.Data.Note, e.Data.Weight}
			return nil
		}),
	))
	return annals.New("mail",
		annals.Aggregate(parcels, annals.OwnedBy(func(e sentOff) string { return e.To })),
		annals.Create("POST /parcels", parcels, parcel.Send),
		annals.Document("GET /parcels/{id}", labels),
		annals.Publish(parcels, func(_ string, e parcelEvent) (publish.Data, error) { return parcelSent(e.(sentOff)), nil },
			parcelEvent(sentOff{})),
		annals.AuditTrail("GET /streams/{type}/{id}"),
	)
}

// details is a bus that keeps what is sent.
type details []string

func (d *details) Send(_ context.Context, m publish.Message) error {
	*d = append(*d, string(m.Detail))
	return nil
}

// request sends a request as API Gateway does.
func request(
	t *testing.T, s *annals.Service, h http.Handler, route string, parameters map[string]string, body string,
) (int, string) {
	t.Helper()
	method, _, _ := strings.Cut(route, " ")
	event := events.APIGatewayV2HTTPRequest{
		RouteKey: route, PathParameters: parameters, Body: body, Headers: map[string]string{"content-type": "application/json"},
	}
	event.RequestContext.HTTP.Method = method
	out, err := annalslambda.Gateway(s, h, slog.New(slog.DiscardHandler))(t.Context(), event)
	if err != nil {
		t.Fatalf("%s: %v", route, err)
	}
	return out.StatusCode, out.Body
}

// TestPersonalData: what is stored is encrypted; functions show it, but on the bus; without the key, nobody does.
func TestPersonalData(t *testing.T) {
	t.Parallel()
	s := mail()
	d, log := deployedAs(t, s)
	d.Keys.CacheFor = time.Nanosecond
	var bus details
	d.Bus, d.EventSource = &bus, "/annals/Post"
	commands, err := d.Command()
	if err != nil {
		t.Fatal(err)
	}
	queries, err := d.Query()
	if err != nil {
		t.Fatal(err)
	}
	send := func(id string) (int, string) {
		return request(t, s, commands, "POST /parcels", nil, `{"id":"`+id+`","to":"ada","address":"12 St James Square"}`)
	}
	if status, body := send("p"); status != http.StatusCreated {
		t.Fatalf("send a parcel: %d %s", status, body)
	}
	batch := streamOf(t, d)
	stored, err := json.Marshal(batch)
	if err != nil || strings.Contains(string(stored), "St James") || !strings.Contains(string(stored), "$sealed") {
		t.Errorf("stored in the clear, %v: %s", err, stored)
	}
	type build = func() (*annalslambda.Subscriber, error)
	for name, build := range map[string]build{"projector": d.Projector, "reactor": d.Reactor} {
		p, err := build()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if out, err := p.Handle(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%s: handled with %+v, %v; log: %s", name, out, err, log)
		}
	}
	shows := func(when, want string) {
		t.Helper()
		for route, parameters := range map[string]map[string]string{
			"GET /parcels/{id}":        {"id": "p"},
			"GET /streams/{type}/{id}": {"type": "Parcel", "id": "p"},
		} {
			status, body := request(t, s, queries, route, parameters, "")
			if status != http.StatusOK || !strings.Contains(body, want) || strings.Contains(body, "$sealed") {
				t.Errorf("%s, %s: %d %s, want %s in it", when, route, status, body, want)
			}
		}
	}
	shows("with the key", `"address":"12 St James Square","note":"fragile: 12 St James Square","weight":7`)
	if len(bus) != 1 || strings.Contains(bus[0], "St James") ||
		!strings.Contains(bus[0], `"address":"(removed)","note":"","weight":7`) {
		t.Errorf("the bus got %q, want one event without personal data", bus)
	}

	keys, err := dynamokeys.New(d.DynamoDB, d.Tables.Of(annalsaws.Keys))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Forget(t.Context(), "ada", time.Now()); err != nil {
		t.Fatal(err)
	}
	if status, body := send("q"); status != http.StatusUnprocessableEntity || !strings.Contains(body, ":subject-forgotten") {
		t.Errorf("send a parcel to a person who was forgotten: %d %s", status, body)
	}
	_, trail := request(t, s, queries, "GET /streams/{type}/{id}", map[string]string{"type": "Parcel", "id": "p"}, "")
	if !strings.Contains(trail, `"address":"(removed)","note":null,"weight":7`) {
		t.Errorf("the audit trail without the key: %s", trail)
	}
	for _, secret := range []string{"St James", "$sealed"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %s: %s", secret, log)
		}
	}
}

// TestKeysUnavailable: while keys can't be read, streams that need them fail and are delivered again. None is parked, and
// nothing is shown as erased.
func TestKeysUnavailable(t *testing.T) {
	t.Parallel()
	s := mail()
	d, _ := deployedAs(t, s)
	commands, err := d.Command()
	if err != nil {
		t.Fatal(err)
	}
	body := `{"id":"p","to":"ada","address":"12 St James Square"}`
	if status, out := request(t, s, commands, "POST /parcels", nil, body); status != http.StatusCreated {
		t.Fatalf("send a parcel: %d %s", status, out)
	}
	batch := streamOf(t, d)
	broken := d
	broken.DynamoDB = throttled(d.DynamoDB, d.Tables.Of(annalsaws.Keys))
	p, err := broken.Projector()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Handle(t.Context(), batch)
	if err != nil || len(out.BatchItemFailures) != 1 {
		t.Errorf("handled without keys: %+v, %v, want one failure", out, err)
	}
	if p, err = d.Projector(); err != nil {
		t.Fatal(err)
	}
	if out, err := p.Handle(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
		t.Errorf("delivered again with keys: %+v, %v", out, err)
	}
	queries, err := d.Query()
	if err != nil {
		t.Fatal(err)
	}
	status, got := request(t, s, queries, "GET /parcels/{id}", map[string]string{"id": "p"}, "")
	if status != http.StatusOK || !strings.Contains(got, "12 St James Square") {
		t.Errorf("shown after the keys came back: %d %s", status, got)
	}
}

// throttled is a client whose reads of a table are throttled.
func throttled(client *dynamodb.Client, table string) *dynamodb.Client {
	throttle := middleware.InitializeMiddlewareFunc("throttle", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if get, is := in.Parameters.(*dynamodb.GetItemInput); is && *get.TableName == table {
			return middleware.InitializeOutput{}, middleware.Metadata{}, &types.ProvisionedThroughputExceededException{}
		}
		return next.HandleInitialize(ctx, in)
	})
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(throttle, middleware.Before)
		})
	})
}
