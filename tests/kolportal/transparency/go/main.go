// Writes vectors.json: what the Go implementations of the same standards say about a small log.
//
//	go run . "$(cat entry.json)" > vectors.json
//
// entry.json is a log entry of ours, which becomes leaf 123 of the last tree. golang.org/x/mod/sumdb/{note,tlog} and
// filippo.io/torchwood do all of the work. Their cosigner takes the time from the clock, so the last section changes
// from run to run; everything else is the same every time. The keys are made of fixed bytes and guard nothing.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin  = "log.example/pledges"
	largest = 70000
)

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = h[index]
	}
	return found, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func key(fill byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{fill}, ed25519.SeedSize))
}

func entry(i int64) []byte { return []byte(fmt.Sprintf("entry %d", i)) }

func inHex(proof []tlog.Hash) []string {
	lines := []string{}
	for _, hash := range proof {
		lines = append(lines, hex.EncodeToString(hash[:]))
	}
	return lines
}

func main() {
	var stored hashes
	for i := int64(0); i < largest; i++ {
		stored = append(stored, must(tlog.StoredHashes(i, entry(i), stored))...)
	}
	root := func(size int64) string {
		hash := must(tlog.TreeHash(size, stored))
		return hex.EncodeToString(hash[:])
	}

	roots := map[string]string{}
	for _, size := range []int64{0, 1, 2, 3, 7, 8, 255, 256, 257, 300, 1000, 65535, 65536, 65537, largest} {
		roots[fmt.Sprint(size)] = root(size)
	}

	inclusion := []map[string]any{}
	for _, at := range [][2]int64{{0, 1}, {2, 3}, {6, 7}, {200, 300}, {299, 300}, {0, 65537}, {65536, 65537}, {69999, largest}, {4242, largest}} {
		proof := must(tlog.ProveRecord(at[1], at[0], stored))
		inclusion = append(inclusion, map[string]any{"index": at[0], "size": at[1], "proof": inHex(proof)})
	}

	consistency := []map[string]any{}
	for _, at := range [][2]int64{{1, 1}, {1, 2}, {6, 7}, {128, 300}, {255, 257}, {256, 1000}, {65536, largest}, {4242, largest}} {
		proof := must(tlog.ProveTree(at[1], at[0], stored))
		consistency = append(consistency, map[string]any{"old_size": at[0], "new_size": at[1], "proof": inHex(proof)})
	}

	tiles := map[string]string{}
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, largest) {
		if tile.N%97 != 0 && tile.W == 1<<torchwood.TileHeight {
			continue
		}
		sum := sha256.Sum256(must(tlog.ReadTileData(tile, stored)))
		tiles[torchwood.TilePath(tile)] = hex.EncodeToString(sum[:])
	}

	paths := []map[string]any{}
	for _, tile := range []tlog.Tile{
		{H: 8, L: 0, N: 0, W: 256}, {H: 8, L: 0, N: 999, W: 1}, {H: 8, L: 1, N: 1000, W: 255}, {H: 8, L: 3, N: 1234067, W: 256},
		{H: 8, L: -1, N: 1234067, W: 17}, {H: 8, L: -1, N: 0, W: 256},
	} {
		paths = append(paths, map[string]any{"level": tile.L, "index": tile.N, "width": tile.W, "path": torchwood.TilePath(tile)})
	}

	logSecret := append([]byte{1}, key('l').Seed()...)
	logVkey := must(note.NewEd25519VerifierKey(origin, key('l').Public().(ed25519.PublicKey)))
	logSkey := "PRIVATE+KEY+" + origin + "+" + logVkey[len(origin)+1:len(origin)+9] + "+" + base64.StdEncoding.EncodeToString(logSecret)
	signer := must(note.NewSigner(logSkey))
	first := must(torchwood.NewCosignatureSigner("witness.example/north", key('n')))
	second := must(torchwood.NewCosignatureSigner("witness.example/south", key('s')))

	extra := []byte(os.Args[1])
	var small hashes
	for i := int64(0); i < 300; i++ {
		data := entry(i)
		if i == 123 {
			data = extra
		}
		small = append(small, must(tlog.StoredHashes(i, data, small))...)
	}
	checkpoint := torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: 300, Hash: must(tlog.TreeHash(300, small))}}
	signed := must(note.Sign(&note.Note{Text: checkpoint.String()}, signer))
	cosigned := must(note.Sign(&note.Note{Text: checkpoint.String()}, signer, first, second))
	proof := torchwood.FormatProofWithExtraData(123, extra, must(tlog.ProveRecord(300, 123, small)), cosigned)

	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(map[string]any{
		"roots": roots, "inclusion": inclusion, "consistency": consistency, "tiles": tiles, "paths": paths,
		"log_key": logVkey, "log_signing_key": logSkey, "signed_checkpoint": string(signed),
		"witnesses":        []string{first.Verifier().String(), second.Verifier().String()},
		"tlog_proof_extra": string(extra), "tlog_proof": string(proof),
	}); err != nil {
		panic(err)
	}
}
