package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// judge is a third-party program that checks the document. ask runs it, and returns a result for people.
type judge struct {
	name string
	ask  func(context.Context) (string, error)
}

func (b bench) judges() []judge {
	return []judge{
		{"redocly lint", b.redocly},
		{"openapi-spec-validator", b.validator},
		{"openapi-python-client", b.pythonClient},
		{"openapi-typescript, tsc", b.typescript},
		{"schemathesis", b.schemathesis},
	}
}

// redocly lints the document with redocly's recommended rules. A warning is an error.
func (b bench) redocly(ctx context.Context) (string, error) {
	if err := b.give("node", "redocly.yaml"); err != nil {
		return "", err
	}
	redocly := b.path("node", "node_modules", ".bin", "redocly")
	_, err := b.run(ctx, b.dir, redocly, "lint", "--config", b.path("node", "redocly.yaml"), b.document())
	return "0 errors, 0 warnings", err
}

func (b bench) validator(ctx context.Context) (string, error) {
	_, err := b.run(ctx, b.dir, b.path("python", "bin", "openapi-spec-validator"), b.document())
	return "valid OpenAPI 3.1", err
}

// pythonClient generates a client and sends requests with it. A warning is an error: it says that an operation was left
// out.
func (b bench) pythonClient(ctx context.Context) (string, error) {
	client := b.path("client")
	if err := os.RemoveAll(client); err != nil {
		return "", err
	}
	if err := os.MkdirAll(client, 0o750); err != nil {
		return "", err
	}
	said, err := b.run(ctx, client, b.path("python", "bin", "openapi-python-client"), "generate", "--meta", "none",
		"--path", b.document(), "--output-path", b.path("client", "generated"), "--fail-on-warning")
	if err != nil {
		return "", err
	}
	if strings.Contains(strings.ToLower(said), "warning") {
		return "", fmt.Errorf("openapi-python-client warns:\n%s", said)
	}
	if err := b.give("client", "trip.py"); err != nil {
		return "", err
	}
	says, err := b.run(ctx, client, b.path("python", "bin", "python"), "trip.py", b.base, b.token, b.document())
	return strings.TrimSpace(says), err
}

// typescript generates types from the document, and compiles a program that uses them.
func (b bench) typescript(ctx context.Context) (string, error) {
	for _, name := range []string{"trip.ts", "tsconfig.json"} {
		if err := b.give("node", name); err != nil {
			return "", err
		}
	}
	node := b.path("node")
	bin := b.path("node", "node_modules", ".bin")
	if _, err := b.run(ctx, node, bin+"/openapi-typescript", b.document(), "-o", "schema.d.ts"); err != nil {
		return "", err
	}
	_, err := b.run(ctx, node, bin+"/tsc", "--project", "tsconfig.json")
	return "types generated, and a program compiled with them and --strict", err
}
