package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/verify"
)

func (c *cli) anchorsCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "anchors FILE", Short: "Check all streams, and write a signed file with the last commit of each",
		Long: `Check all streams as ` + "`annals verify`" + ` does, and write a signed file with the last commit of each.
Keep the file where people who can write to the table can't change it. Later, ` + "`annals verify --anchors FILE`" + `
compares the table with it. Exit code 3: the check found something, and no file was written. The key is Ed25519, in
PEM (PKCS 8):

    openssl genpkey -algorithm ed25519 -out key.pem
    openssl pkey -in key.pem -pubout -out key.pub.pem`,
		Example: "  annals --stack Shop anchors 2026-01.anchors --key key.pem",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if key == "" {
				return usage("--key is missing: give the private key to sign with, --key KEY.pem")
			}
			signer, err := readKey(key)
			if err != nil {
				return err
			}
			s, err := c.connect(cmd)
			if err != nil {
				return err
			}
			begun := time.Now()
			report, err := s.Verify(cmd.Context(), verify.Config{UnitsPerSecond: c.units, Heads: true})
			if err != nil {
				return err
			}
			if report.Found > 0 {
				return c.showReport(cmd, report, s.operator.notCompared())
			}
			all, err := report.Anchors(begun)
			if err != nil {
				return err
			}
			out := struct {
				File    string `json:"file"`
				Streams int    `json:"streams"`
				Digest  string `json:"digest"`
			}{File: args[0], Streams: len(all.Heads)}
			err = writeNew(args[0], func(w io.Writer) error {
				digest, err := all.Write(w, signer)
				out.Digest = hex.EncodeToString(digest)
				return err
			})
			if err != nil {
				return err
			}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "%s: anchors of %d streams, digest %s\n", out.File, out.Streams, out.Digest)
			})
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the private key (PEM) to sign with")
	c.unitsFlag(cmd)
	return cmd
}

// writeNew writes a new file. It fails if the file exists. If writing fails, it removes the file.
func writeNew(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(write(file), file.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}

// readPEM reads a key from a PEM file with parse.
func readPEM[K any](path string, parse func([]byte) (any, error)) (key K, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return key, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return key, fmt.Errorf("read key %s: not a PEM file", path)
	}
	parsed, err := parse(block.Bytes)
	if err != nil {
		return key, fmt.Errorf("read key %s: %w", path, err)
	}
	key, ok := parsed.(K)
	if !ok {
		return key, fmt.Errorf("read key %s: got %T, want an Ed25519 key", path, parsed)
	}
	return key, nil
}

func readKey(path string) (crypto.Signer, error) {
	return readPEM[ed25519.PrivateKey](path, x509.ParsePKCS8PrivateKey)
}

func readAnchors(path, trusted string) (*verify.Anchors, error) {
	key, err := readPEM[ed25519.PublicKey](trusted, x509.ParsePKIXPublicKey)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	anchors, err := verify.ReadAnchors(file, key)
	if err != nil {
		return nil, fmt.Errorf("read anchors %s: %w", path, err)
	}
	return anchors, nil
}
