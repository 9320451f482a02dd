package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// maxTries is the limit of command lines that are shown. If there is a query to show, maxCommands is the limit of
// commands.
const maxTries, maxCommands = 4, 3

// try returns command lines for a first look at the service, made from the examples in its description. Without a
// description there are none.
func (r *runner) try(system *template.System) []string {
	for _, s := range system.Stacks {
		if text, ok := s.Metadata[annalsaws.MetadataKey]; ok {
			return tries(text, r.address(), r.tokenCommand(text))
		}
	}
	return nil
}

// operation is the part of a described operation that command lines need.
type operation struct {
	ID, Method, Path, Scope string
	Kind                    annals.Kind
	Example                 json.RawMessage // unchanged
}

func operationsIn(description []byte) []operation {
	var d struct {
		Service struct{ Operations []operation }
	}
	_ = json.Unmarshal(description, &d) // the error is reported at servicePath
	return d.Service.Operations
}

// tries returns command lines that work one after the other: each aggregate is created before a command names it. token
// is the command that prints a token, or "" if no token is required.
func tries(description []byte, address, token string) []string {
	operations := operationsIn(description)
	created := creations(operations)
	var commands, queries []operation
	for _, o := range slices.Concat(inOrder(created), operations) {
		path, ok := filled(o.Path, created)
		if !ok || o.Kind == annals.Creates && contains(commands, o) {
			continue
		}
		o.Path = path
		switch {
		case o.Kind.Commands() && len(o.Example) > 0:
			commands = append(commands, o)
		case o.Kind == annals.ShowsDocument || o.Kind == annals.ShowsList:
			queries = append(queries, o)
		}
	}
	if len(queries) > 0 {
		commands = commands[:min(len(commands), maxCommands)]
		queries = queries[:1]
	}
	var lines []string
	for _, o := range slices.Concat(commands, queries) {
		if len(lines) < maxTries {
			lines = append(lines, o.curl(address, token))
		}
	}
	return lines
}

func contains(all []operation, o operation) bool {
	return slices.ContainsFunc(all, func(other operation) bool { return other.ID == o.ID })
}

// curl is the command line that sends the operation. The idempotency key makes it repeatable.
func (o operation) curl(address, token string) string {
	var b strings.Builder
	b.WriteString("curl -i " + quoted(address+o.Path))
	if token != "" {
		fmt.Fprintf(&b, ` -H "Authorization: Bearer $(%s)"`, token)
	}
	if o.Method != "GET" && o.Method != "POST" {
		b.WriteString(" -X " + o.Method)
	}
	if len(o.Example) > 0 && o.Kind.Commands() {
		var body bytes.Buffer
		_ = json.Compact(&body, o.Example) // it was decoded, so it is JSON
		fmt.Fprintf(&b, " -H 'Content-Type: application/json' -H %s -d %s",
			quoted("Idempotency-Key: try-"+o.ID), quoted(body.String()))
	}
	return b.String()
}

// quoted returns a string as one word for a shell.
func quoted(text string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~:/%", c)
	}
	if strings.IndexFunc(text, func(c rune) bool { return !plain(c) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// tokenCommand is the command line that prints a token with all scopes of a service, or "" if no token is required.
func (r *runner) tokenCommand(description []byte) string {
	if r.issuer == nil {
		return ""
	}
	var scopes []string
	for _, o := range operationsIn(description) {
		if o.Scope != "" && !slices.Contains(scopes, o.Scope) {
			scopes = append(scopes, o.Scope)
		}
	}
	return fmt.Sprintf(`curl -s %s/token -d subject=ada --data-urlencode %s | sed 's/.*"access_token":"\([^"]*\)".*/\1/'`,
		r.issuerAddress(), quoted("scope="+strings.Join(scopes, " ")))
}
