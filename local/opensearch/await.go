package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/annals-es/annals/local/child"
)

// await waits until the server answers.
func (s *Server) await(ctx context.Context) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	err := s.process.Await(ctx, func(ctx context.Context) bool { return s.answers(ctx, client) })
	switch {
	case errors.Is(err, child.ErrEnded):
		return s.ended()
	case err != nil:
		return fmt.Errorf("OpenSearch does not answer at %s (%w): %s", s.URL(), err, s.LastWords())
	}
	return nil
}

// answers reports whether the server answers, and has all indexes of its data. Another server, which was faster to take
// the port, does not count.
func (s *Server) answers(ctx context.Context, client *http.Client) bool {
	var node struct {
		Name string `json:"name"`
	}
	if !s.get(ctx, client, "/", &node) || node.Name != s.name {
		return false
	}
	var health struct {
		Status string `json:"status"`
	}
	return s.get(ctx, client, "/_cluster/health", &health) && (health.Status == "green" || health.Status == "yellow")
}

// get reads an answer, and reports whether there was one.
func (s *Server) get(ctx context.Context, client *http.Client, path string, into any) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+path, nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK && json.NewDecoder(answer.Body).Decode(into) == nil
}

// ended returns why the server ended during its start.
func (s *Server) ended() error {
	if strings.Contains(s.process.Output(), "Address already in use") {
		return child.PortTaken("OpenSearch", s.port)
	}
	return fmt.Errorf("OpenSearch ended during start: %s", s.LastWords())
}
