// Prints file-pv.json: what CometBFT's own signer (privval.FilePV) answers to requests drawn at random. Run it within CometBFT's module:
//
//	cd "$(go env GOMODCACHE)/github.com/cometbft/cometbft@v0.38.25"
//	go run REPOSITORY/test/plugin/cloud/cometbft/vectors/file_pv.go > REPOSITORY/test/plugin/cloud/cometbft/vectors/file-pv.json
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/crypto/secp256k1"
	"github.com/cometbft/cometbft/crypto/tmhash"
	"github.com/cometbft/cometbft/privval"
	privvalproto "github.com/cometbft/cometbft/proto/tendermint/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
)

const chainID = "nexus-vectors"

func blockID(name string) cmtproto.BlockID {
	if name == "" {
		return cmtproto.BlockID{}
	}
	return cmtproto.BlockID{
		Hash:          tmhash.Sum([]byte(name)),
		PartSetHeader: cmtproto.PartSetHeader{Total: 3, Hash: tmhash.Sum([]byte(name + " parts"))},
	}
}

func main() {
	folder, err := os.MkdirTemp("", "file-pv")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	key := secp256k1.GenPrivKeySecp256k1([]byte("nexus vectors"))
	pv := privval.NewFilePV(key, filepath.Join(folder, "key.json"), filepath.Join(folder, "state.json"))
	random := rand.New(rand.NewSource(38))
	var lines []string
	top, last := int64(1), int32(0)
	for i := 0; i < 300; i++ {
		// Mostly onwards, sometimes to what is past.
		switch random.Intn(8) {
		case 0:
			top, last = top+1, 0
		case 1, 2:
			last++
		}
		height, round := top, last
		switch random.Intn(12) {
		case 0:
			height = max(1, top-1)
		case 1:
			round = random.Int31n(last + 1)
		}
		kind := []string{"proposal", "prevote", "precommit"}[random.Intn(3)]
		block := []string{"A", "A", "A", "A", "A", "A", "B", ""}[random.Intn(8)]
		seconds := 1_700_000_000 + int64(random.Intn(2))
		extension := []string{"", "", "", "", "", "more"}[random.Intn(6)]
		chain := chainID
		if random.Intn(20) == 0 {
			chain = "another"
		}
		stamp := time.Unix(seconds, 5).UTC()
		var request privvalproto.Message
		if kind == "proposal" {
			extension = ""
			request.Sum = &privvalproto.Message_SignProposalRequest{SignProposalRequest: &privvalproto.SignProposalRequest{
				ChainId: chain,
				Proposal: &cmtproto.Proposal{Type: cmtproto.ProposalType, Height: height, Round: round, PolRound: round - 1,
					BlockID: blockID(block), Timestamp: stamp},
			}}
		} else {
			kindOf := cmtproto.PrevoteType
			if kind == "precommit" {
				kindOf = cmtproto.PrecommitType
			}
			request.Sum = &privvalproto.Message_SignVoteRequest{SignVoteRequest: &privvalproto.SignVoteRequest{
				ChainId: chain,
				Vote: &cmtproto.Vote{Type: kindOf, Height: height, Round: round, BlockID: blockID(block), Timestamp: stamp,
					ValidatorAddress: key.PubKey().Address(), ValidatorIndex: 1, Extension: []byte(extension)},
			}}
		}
		response, _ := privval.DefaultValidationRequestHandler(pv, request, chainID)
		answer := "refused"
		if response.GetSignedVoteResponse().GetError() == nil && response.GetSignedProposalResponse().GetError() == nil {
			bytes, err := response.Marshal()
			if err != nil {
				panic(err)
			}
			digest := sha256.Sum256(bytes)
			answer = hex.EncodeToString(digest[:8])
		}
		lines = append(lines, fmt.Sprintf("    [%q, %q, %d, %d, %q, %d, %q, %q]", chain, kind, height, round, block, seconds, extension, answer))
	}
	fmt.Printf("{\n  \"generated\": \"by file_pv.go, from CometBFT 0.38.25\",\n  \"secret\": \"%x\",\n", []byte(key))
	fmt.Println("  \"columns\": [\"chain\", \"kind\", \"height\", \"round\", \"block\", \"seconds\", \"extension\", \"answer\"],")
	fmt.Printf("  \"requests\": [\n%s\n  ]\n}\n", strings.Join(lines, ",\n"))
}
