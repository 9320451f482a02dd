package httpapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/pkg/es"
)

// Asked is what every command is told in headers.
type Asked struct {
	Correlated
	IdempotencyKey Key     `header:"Idempotency-Key" doc:"Makes repeats of the command harmless: it is done once, and answered as the first time"`
	OccurredAt     Instant `header:"Occurred-At" example:"2026-01-31T12:00:00Z" doc:"When it happened (RFC 3339, no finer than a microsecond), where that was not now; never in the future"`
}

// Conditional is the header of commands on one aggregate that exists.
type Conditional struct {
	IfMatch string `header:"If-Match" minLength:"1" pattern:"^(\"(0|[1-9][0-9]{0,17})\"|[*])$" patternDescription:"one version in double quotes, such as \"7\", or *" doc:"The version that the aggregate must be at, in double quotes, as ETag has it; * = any"`
}

// Request is what identifies a command.
type Request struct {
	Route  route.Route
	Target []string // the ids in the path
	Body   []byte
}

// Command reads what es needs to know of a command.
func (asked Asked) Command(ctx context.Context, r Request) (es.Command, error) {
	cmd := es.Command{Meta: es.Meta{CorrelationID: correlationID(ctx), Actor: principal(ctx)}}
	if asked.OccurredAt != "" {
		at, err := asked.OccurredAt.time("header." + occurredAtHeader)
		if err != nil {
			return cmd, err
		}
		cmd.Meta.OccurredAt = at
	}
	if asked.IdempotencyKey != "" {
		key, err := asked.IdempotencyKey.key()
		if err != nil {
			return cmd, err
		}
		cmd.Ref = es.CommandRef{
			ID:          commandID(principal(ctx), r, key),
			Fingerprint: fingerprint(r.Body, cmd.Meta.OccurredAt),
		}
	}
	return cmd, nil
}

// expected is the version that the caller demands, nil for any. The schema has checked its form.
func (c Conditional) expected() *int64 {
	if c.IfMatch == "" || c.IfMatch == "*" {
		return nil
	}
	version, err := strconv.ParseInt(strings.Trim(c.IfMatch, `"`), 10, 64)
	if err != nil {
		version = -1 // no aggregate is there
	}
	return &version
}
