/* llvm-mca 19 as a library whose latencies can be changed: blocks and latencies in, cycles out.
 *
 * In:  the processor and the iterations on the command line; on standard input lines:
 *        block HEX              another block; answers "block N", then N lines of one instruction each:
 *                               "SIGNATURE EXPLICIT IMPLICIT REGISTER", its group's name, the largest latency of what
 *                               it writes by its operands and beside them (-1: nothing), and the register of the last;
 *                               or "refused"
 *        groups E I E I ...     the groups of the explicit and implicit writes of every instruction so far, -1 for none
 *        run L L L ...          cycles of every block with these latencies of the groups, -1 for the defaults;
 *                               answers a line of numbers, -1 where the simulation fails
 * Out: the answers, each flushed. Flags count as explicit writes: they are ready when the result is.
 *
 * Builds against LLVM 19 alone: what it changes is no interface, and moves from version to version.
 */
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/MCA/Context.h"
#include "llvm/MCA/CustomBehaviour.h"
#include "llvm/MCA/InstrBuilder.h"
#include "llvm/MCA/Pipeline.h"
#include "llvm/MCA/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace llvm;

namespace {

const char Triple_[] = "x86_64-unknown-linux-gnu";

struct Groups {
  int explicitly = -1, implicitly = -1;
};

struct Block {
  std::vector<MCInst> instructions;
  std::vector<Groups> groups;
};

class Simulator {
public:
  Simulator(const std::string &cpu, unsigned iterations) : iterations(iterations) {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
    std::string error;
    const Target *target = TargetRegistry::lookupTarget(Triple_, error);
    if (!target) throw std::runtime_error(error);
    registers.reset(target->createMCRegInfo(Triple_));
    assembly.reset(target->createMCAsmInfo(*registers, Triple_, MCTargetOptions()));
    instructions.reset(target->createMCInstrInfo());
    processor.reset(target->createMCSubtargetInfo(Triple_, cpu, ""));
    context = std::make_unique<MCContext>(Triple(Triple_), assembly.get(), registers.get(), processor.get());
    disassembler.reset(target->createMCDisassembler(*processor, *context));
    analysis.reset(target->createMCInstrAnalysis(instructions.get()));
    instruments = std::make_unique<mca::InstrumentManager>(*processor, *instructions);
    after.reset(target->createInstrPostProcess(*processor, *instructions));
    if (!after) after = std::make_unique<mca::InstrPostProcess>(*processor, *instructions);
    builder = std::make_unique<mca::InstrBuilder>(*processor, *instructions, *registers, analysis.get(), *instruments,
                                                  100);
  }

  /* Read a block; false where it is no code, or has instructions that cannot be simulated. */
  bool add(const std::vector<uint8_t> &code, std::ostream &out) {
    Block block;
    std::ostringstream told;
    ArrayRef<uint8_t> bytes(code);
    for (uint64_t at = 0, size; at < bytes.size(); at += size) {
      MCInst instruction;
      if (disassembler->getInstruction(instruction, size, bytes.slice(at), at, nulls()) !=
          MCDisassembler::Success)
        return false;
      if (!describe(instruction, told)) return false;
      block.instructions.push_back(instruction);
    }
    block.groups.resize(block.instructions.size());
    out << "block " << block.instructions.size() << "\n" << told.str();
    blocks.push_back(std::move(block));
    return true;
  }

  bool group(std::istream &in) {
    for (Block &block : blocks)
      for (Groups &each : block.groups)
        if (!(in >> each.explicitly >> each.implicitly)) return false;
    return true;
  }

  int cycles(const Block &block, const std::vector<int> &latencies) {
    builder->clear();
    after->resetState();
    std::vector<std::unique_ptr<mca::Instruction>> sequence;
    for (size_t k = 0; k < block.instructions.size(); k++) {
      auto made = create(block.instructions[k]);
      if (!made) return -1;
      change(const_cast<mca::InstrDesc &>(made->getDesc()), block.groups[k], latencies);
      after->postProcessInstruction(made, block.instructions[k]);
      sequence.push_back(std::move(made));
    }
    mca::CircularSourceMgr source(sequence, iterations);
    mca::CustomBehaviour behaviour(*processor, source, *instructions);
    mca::Context simulated(*registers, *processor);
    mca::PipelineOptions options(0, 0, 0, 0, 0, 0, /*NoAlias=*/true, /*ShouldEnableBottleneckAnalysis=*/false);
    auto pipeline = simulated.createDefaultPipeline(options, source, behaviour);
    Expected<unsigned> found = pipeline->run();
    if (found) return *found;
    consumeError(found.takeError());
    return -1;
  }

  std::vector<Block> blocks;

private:
  std::unique_ptr<mca::Instruction> create(const MCInst &instruction) {
    SmallVector<mca::Instrument *> none;
    auto made = builder->createInstruction(instruction, none);
    if (made) return std::move(*made);
    consumeError(made.takeError());
    return nullptr;
  }

  bool is_implicit(const mca::WriteDescriptor &write) const {
    return write.isImplicitWrite() && write.RegisterID && StringRef(registers->getName(write.RegisterID)) != "EFLAGS";
  }

  /* Instructions that the scheduling model treats alike share a signature. */
  bool describe(const MCInst &instruction, std::ostream &out) {
    auto made = create(instruction);
    if (!made) return false;
    const mca::InstrDesc &desc = made->getDesc();
    int explicitly = -1, implicitly = -1;
    const char *beside = "-";
    for (const mca::WriteDescriptor &write : desc.Writes) {
      int latency = write.Latency;
      if (!is_implicit(write)) explicitly = std::max(explicitly, latency);
      else if (latency > implicitly) implicitly = latency, beside = registers->getName(write.RegisterID);
    }
    out << (made->getMayLoad() ? "l" : "") << (made->getMayStore() ? "s" : "") << desc.NumMicroOps;
    for (const auto &use : desc.Resources) out << "," << std::hex << use.first << std::dec << ":" << use.second.size();
    out << " " << explicitly << " " << implicitly << " " << beside << "\n";
    return true;
  }

  void change(mca::InstrDesc &desc, const Groups &groups, const std::vector<int> &latencies) const {
    unsigned longest = 0;
    for (mca::WriteDescriptor &write : desc.Writes) {
      int group = is_implicit(write) ? groups.implicitly : groups.explicitly;
      if (group >= 0 && latencies[group] >= 0) write.Latency = latencies[group];
      longest = std::max(longest, write.Latency);
    }
    if (!desc.Writes.empty()) desc.MaxLatency = longest;
  }

  unsigned iterations;
  std::unique_ptr<MCRegisterInfo> registers;
  std::unique_ptr<MCAsmInfo> assembly;
  std::unique_ptr<MCInstrInfo> instructions;
  std::unique_ptr<MCSubtargetInfo> processor;
  std::unique_ptr<MCContext> context;
  std::unique_ptr<MCDisassembler> disassembler;
  std::unique_ptr<MCInstrAnalysis> analysis;
  std::unique_ptr<mca::InstrumentManager> instruments;
  std::unique_ptr<mca::InstrPostProcess> after;
  std::unique_ptr<mca::InstrBuilder> builder;
};

bool bytes_of(const std::string &hex, std::vector<uint8_t> &out) {
  if (hex.empty() || hex.size() % 2) return false;
  for (size_t k = 0; k < hex.size(); k += 2) {
    char *end;
    std::string pair = hex.substr(k, 2);
    out.push_back(std::strtoul(pair.c_str(), &end, 16));
    if (*end) return false;
  }
  return true;
}

bool answer(Simulator &simulator, std::istream &line) {
  std::string word;
  line >> word;
  if (word == "block") {
    std::string hex;
    std::vector<uint8_t> code;
    line >> hex;
    if (!bytes_of(hex, code) || !simulator.add(code, std::cout)) std::cout << "refused\n";
    return true;
  }
  if (word == "groups") {
    bool is_read = simulator.group(line);
    std::cout << "grouped\n";
    return is_read;
  }
  if (word != "run") return false;
  std::vector<int> latencies;
  for (int latency; line >> latency;) latencies.push_back(latency);
  for (const Block &block : simulator.blocks)
    for (const Groups &each : block.groups)
      if (each.explicitly >= (int)latencies.size() || each.implicitly >= (int)latencies.size()) return false;
  for (const Block &block : simulator.blocks) std::cout << simulator.cycles(block, latencies) << " ";
  std::cout << "\n";
  return true;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  Simulator simulator(argv[1], std::strtoul(argv[2], nullptr, 10));
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream line(text);
    if (!answer(simulator, line)) return 3;
    std::cout.flush();
  }
  return 0;
}
