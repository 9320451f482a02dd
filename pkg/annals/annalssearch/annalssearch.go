// Package annalssearch lets functions keep read models in OpenSearch: see annals.InSearch. Import it where a function
// that reads or writes read models is built, with the build tag of the store:
//
//	//go:build search
//
//	package main
//
//	import _ "github.com/annals-es/annals/pkg/annals/annalssearch"
package annalssearch

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/signer/awsv2"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchview"
)

func init() { annalslambda.Register(annals.Search, Open) } //nolint:gochecknoinits // as database/sql's drivers do

const (
	// within is how long a connection may take. An outage must show soon: it is noted, and other read models go on.
	within = 2 * time.Second
	// answer is how long a search may take. API Gateway waits no longer than 30 s.
	answer = 20 * time.Second
	// retries is how often a request is sent again that the server refuses because of overload, or can't answer.
	retries = 1
)

var errSlow = fmt.Errorf("OpenSearch did not answer within %s", answer)

// serverless is the end of the hosts of collections of OpenSearch Serverless.
const serverless = ".aoss.amazonaws.com"

// Open opens the OpenSearch that the environment names: by [annalsaws.SearchURLEnv] a server without authentication,
// by [annalsaws.SearchEndpointEnv] the host of a collection of OpenSearch Serverless, or of a domain of OpenSearch
// Service, to which the function's role connects. It connects when it is used.
//
// Errors: one if neither variable is set, or if the address is malformed.
func Open(d annalslambda.Deployment, getenv func(string) string) (annalslambda.OpenedStore, error) {
	address, endpoint := getenv(annalsaws.SearchURLEnv), getenv(annalsaws.SearchEndpointEnv)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: within}).DialContext
	// Nothing about nodes is discovered: the address is that of a load balancer, or of the only node.
	cfg := opensearch.Config{MaxRetries: retries, HealthCheckMaxRetries: -1, Transport: transport}
	view := searchview.Config{}
	switch {
	case address != "": // the local runner sets the address of its own server, whatever the template says
		cfg.Addresses = []string{address}
	case endpoint != "":
		cfg.Addresses = []string{"https://" + endpoint}
		service := "es"
		if view.Serverless = strings.HasSuffix(endpoint, serverless); view.Serverless {
			service = "aoss"
		}
		signer, err := awsv2.NewSignerWithService(d.AWS, service)
		if err != nil {
			return annalslambda.OpenedStore{}, err
		}
		cfg.Signer = signer
	default:
		return annalslambda.OpenedStore{}, fmt.Errorf("neither %s nor %s is set", annalsaws.SearchURLEnv, annalsaws.SearchEndpointEnv)
	}
	client, err := opensearch.NewClient(cfg)
	if err != nil {
		return annalslambda.OpenedStore{}, fmt.Errorf("the address of OpenSearch: %w", err)
	}
	views := map[string]*searchview.View{}
	return annalslambda.OpenedStore{
		View: func(m *annals.DeclaredReadModel) projection.View {
			v := searchview.New(client, m.Projection, view, m.Index)
			views[m.Name()] = v
			return v
		},
		Search: func(ctx context.Context, readModel string, g projection.Generation, request json.RawMessage) (json.RawMessage, error) {
			return search(ctx, views[readModel], g, request)
		},
	}, nil
}

// search searches in a read model, for a limited time.
func search(
	ctx context.Context, v *searchview.View, g projection.Generation, request json.RawMessage,
) (json.RawMessage, error) {
	within, cancel := context.WithTimeoutCause(ctx, answer, errSlow)
	defer cancel()
	found, err := v.Search(within, g, request)
	switch {
	case err != nil && ctx.Err() == nil && within.Err() != nil:
		return nil, fmt.Errorf("%w: %w", es.ErrUnavailable, context.Cause(within))
	case searchview.IsRefused(err):
		return nil, fmt.Errorf("%w: %w", annals.ErrSearchRefused, err)
	}
	return found, err
}
