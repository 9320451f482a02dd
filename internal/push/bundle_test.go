package push

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// bundle is the package on a table of its own, with a fake API Gateway that records posts.
type bundle struct {
	t           *testing.T
	client      *dynamodb.Client
	connections *Connections
	handler     *Handler
	notifier    *Notifier
	gateway     *gateway
	log         *bytes.Buffer
}

func newBundle(t *testing.T, more ...func(*dynamodb.Options)) *bundle {
	t.Helper()
	b := &bundle{t: t, client: dynamotest.Client(t, more...), log: &bytes.Buffer{}, gateway: newGateway(t)}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	b.connections = NewConnections(b.client, dynamotest.Table(t, b.client, annalsaws.Connections.Table))
	b.handler = NewHandler(b.connections, HandlerConfig{
		Projections: []string{"order-summary", "customer-orders"}, Development: "dev", Log: log,
	})
	b.notifier = NewNotifier(b.connections, newPoster(t, b.gateway.URL+"/live"), log)
	return b
}

func newPoster(t *testing.T, endpoint string) *Poster {
	t.Helper()
	p, err := NewPoster(config, func(name string) string { return map[string]string{URLEnv: endpoint}[name] })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var config = aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}

// event returns an event of a connection. Its authorizer returned who, unless that is empty.
func event(route, connection, who, body string) events.APIGatewayWebsocketProxyRequest {
	e := events.APIGatewayWebsocketProxyRequest{Body: body}
	e.RequestContext.RouteKey, e.RequestContext.ConnectionID = route, connection
	if who != "" {
		e.RequestContext.Authorizer = map[string]any{"sub": who, "principalId": "other"}
	}
	return e
}

// handle passes an event to the handler.
func (b *bundle) handle(route, connection, who, body string) events.APIGatewayProxyResponse {
	b.t.Helper()
	answer, err := b.handler.Handle(b.t.Context(), event(route, connection, who, body))
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

// said sends a message and returns the decoded answer.
func (b *bundle) said(route, connection, who, body string) map[string]any {
	b.t.Helper()
	said := map[string]any{}
	if err := json.Unmarshal([]byte(b.handle(route, connection, who, body).Body), &said); err != nil {
		b.t.Fatal(err)
	}
	return said
}

// join connects a client and subscribes it to order 7.
func (b *bundle) join(connection, who string) {
	b.t.Helper()
	if got := b.handle(Connect, connection, who, "").StatusCode; got != http.StatusOK {
		b.t.Fatalf("connect: status %d, want 200", got)
	}
	b.subscribe(connection, who, `"projection":"order-summary","stream":"Order#7"`)
}

func (b *bundle) subscribe(connection, who, what string) {
	b.t.Helper()
	if said := b.said(subscribe, connection, who, `{"action":"subscribe",`+what+`}`); said["type"] != "subscribed" {
		b.t.Fatalf("subscribe: %v, want subscribed", said)
	}
}

// rows counts the rows of connections and subscriptions.
func (b *bundle) rows() int {
	b.t.Helper()
	found, err := b.client.Scan(context.Background(), &dynamodb.ScanInput{
		TableName: &b.connections.table, ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("attribute_exists(expires)"),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return len(found.Items)
}

// change returns a change of an order.
func change(owner, id string, version int64, topics ...string) projection.Change {
	return projection.Change{
		Projection: "order-summary", Stream: es.StreamID{Type: "Order", ID: id}, Version: version, Owner: owner,
		Topics: topics,
	}
}

// post is a message that arrived at a connection.
type post struct{ connection, body string }

// gateway is a fake of API Gateway's management API.
type gateway struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	answer map[string]int // by connection, 200 otherwise; 0 never answers
	header http.Header    // of the last request
	uri    string
}

func newGateway(t *testing.T) *gateway {
	g := &gateway{answer: map[string]int{}}
	g.Server = httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	connection, _ := url.PathUnescape(r.URL.EscapedPath()[len("/live/@connections/"):])
	g.mu.Lock()
	defer g.mu.Unlock()
	g.header, g.uri = r.Header, r.RequestURI
	status, special := g.answer[connection]
	switch {
	case !special:
		g.posts = append(g.posts, post{connection, string(body)})
	case status == 0:
		g.mu.Unlock()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
		g.mu.Lock()
	default:
		http.Error(w, "because", status)
	}
}

// arrived returns the posts since the last call.
func (g *gateway) arrived() []post {
	g.mu.Lock()
	defer g.mu.Unlock()
	posts := g.posts
	g.posts = nil
	return posts
}
