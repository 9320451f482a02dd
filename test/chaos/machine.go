package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/annals-es/annals/local/build"
	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
	"github.com/annals-es/annals/test/internal/servicetest"
)

// machine is the whole service on this computer: DynamoDB Local on files, the proxy in front of it, and the service
// itself.
type machine struct {
	*servicetest.Service
	log     *timeline
	options dynamolocal.Options
	db      *dynamolocal.Server
	proxy   *proxy
	server  *http.Server
	stores  []*store // of read models, besides DynamoDB
}

// paymentDeadline is the setting of the shop: orders that are not paid by then are cancelled.
const paymentDeadline = 8 * time.Second

// start starts the service with read models in the stores. Its functions are built with the changes.
func start(
	ctx context.Context, dir string, o options, changes []change, log *timeline,
) (m *machine, err error) {
	m = &machine{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.stop())
		}
	}()
	root, err := dynamolocal.Root()
	if err != nil {
		return m, err
	}
	if err := os.Setenv("CDK_CONTEXT_JSON", fmt.Sprintf(`{"paymentDeadline":%q}`, paymentDeadline)); err != nil {
		return m, err
	}
	built, err := servicetest.Build(ctx, root, dir, o.stores...)
	if err != nil {
		return m, err
	}
	if err := errors.Join(built.Redeliver(), overlay(ctx, built, changes)); err != nil {
		return m, err
	}
	m.options = dynamolocal.Options{Dir: dynamolocal.Dir(root), DataDir: filepath.Join(dir, "data")}
	if m.db, err = dynamolocal.Start(ctx, m.options); err != nil {
		return m, err
	}
	// A restarted DynamoDB Local gets the same port.
	if _, err = fmt.Sscanf(m.db.Endpoint, "http://127.0.0.1:%d", &m.options.Port); err != nil {
		return m, err
	}
	m.proxy = newProxy(m.db.Endpoint, o.seed, log)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return m, err
	}
	m.server = &http.Server{Handler: m.proxy, ReadHeaderTimeout: time.Minute}
	go func() { _ = m.server.Serve(listener) }()
	m.Service, err = built.Start(ctx, "DYNAMODB_ENDPOINT=http://"+listener.Addr().String(),
		"STORES="+strings.Join(o.stores, ","))
	return m, err
}

// compile compiles with the changes what the functions link, into the build cache. The changed clock has every package
// that uses package time compiled again.
func compile(ctx context.Context, dir string, changes []change) error {
	root, err := dynamolocal.Root()
	if err != nil {
		return err
	}
	changed, err := writeOverlay(ctx, root, dir, changes)
	if err != nil {
		return err
	}
	built := servicetest.Built{Project: build.Project{Root: root}}
	return built.Go(ctx, os.DevNull, "./shop", "-overlay", changed, "./pkg/annals/annalslambda")
}

// overlay builds the functions with the changes, in place of the unchanged ones.
func overlay(ctx context.Context, built servicetest.Built, changes []change) error {
	changed, err := writeOverlay(ctx, built.Project.Root, filepath.Join(built.Dir, "overlay"), changes)
	if err != nil {
		return err
	}
	assets, err := filepath.Glob(filepath.Join(built.Template, "asset.*", "bootstrap"))
	if err != nil {
		return err
	}
	functions, err := built.Project.Functions()
	if err != nil {
		return err
	}
	for _, f := range functions {
		whole, err := os.ReadFile(filepath.Join(built.Project.Root, "build", runtime.GOARCH, f, "bootstrap"))
		if err != nil {
			return err
		}
		replaced := 0
		for _, asset := range assets {
			if there, err := os.ReadFile(asset); err != nil || !bytes.Equal(there, whole) {
				continue
			}
			if err := built.Go(ctx, asset, "./functions/"+f, "-overlay", changed); err != nil {
				return err
			}
			replaced++
		}
		if replaced == 0 {
			return fmt.Errorf("no asset of the template contains function %s", f)
		}
	}
	return nil
}

// harass kills functions and DynamoDB Local until the context ends. The choices depend on the seed alone. Their effect
// also depends on which processes are running at that moment.
func (m *machine) harass(ctx context.Context, seed uint64) error {
	dice := rand.New(rand.NewPCG(seed, 0x6b696c6c))
	nextDB := time.Now().Add(time.Duration(10+dice.IntN(20)) * time.Second)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(500+dice.IntN(3000)) * time.Millisecond):
		}
		if time.Now().Before(nextDB) {
			m.killFunction(dice)
			continue
		}
		nextDB = time.Now().Add(time.Duration(15+dice.IntN(30)) * time.Second)
		m.log.add(killedDynamoDB)
		m.proxy.cutOff()
		if err := m.db.Kill(); err != nil {
			return err
		}
		time.Sleep(time.Duration(dice.IntN(1500)) * time.Millisecond)
		again, err := dynamolocal.Start(context.WithoutCancel(ctx), m.options)
		if err != nil {
			return fmt.Errorf("restart DynamoDB Local: %w", err)
		}
		m.db = again
		m.proxy.down.Store(false)
	}
}

const (
	killedDynamoDB = "DynamoDB Local killed"
	killedFunction = "function killed"
)

// killFunction kills the process of one function with SIGKILL.
func (m *machine) killFunction(dice *rand.Rand) {
	functions := slices.DeleteFunc(m.Processes(), func(p servicetest.Process) bool { return !p.Function() })
	if len(functions) == 0 {
		return
	}
	slices.SortFunc(functions, func(a, b servicetest.Process) int { return a.PID - b.PID })
	if syscall.Kill(functions[dice.IntN(len(functions))].PID, syscall.SIGKILL) == nil {
		m.log.add(killedFunction)
	}
}

// stop stops everything that start started.
func (m *machine) stop() error {
	var errs []error
	if m.Service != nil {
		errs = append(errs, m.Stop())
	}
	if m.server != nil {
		_ = m.server.Close()
	}
	if m.db != nil {
		errs = append(errs, m.db.Stop())
	}
	return errors.Join(errs...)
}
