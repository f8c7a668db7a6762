// nsc: --function energy_delivered --topology 9-8-8-1 --domain current=1:6,celsius=0:40,charge=0.5:1,wear=0:0.3
/* Energy that a lithium-ion cell of 3 Ah gives before its voltage falls to 3 V: an open-circuit
   voltage, a resistance and two pairs of resistor and capacitor, in steps of time.
   current: 1 to 6 A; celsius: temperature, 0 to 40; charge: at the start, 0.5 to 1 of a full one;
   wear: part of the capacity that is lost, 0 to 0.3. Result: Wh. */
#include <math.h>

#define STEP 1.0 /* s */
#define CAPACITY 3.0 /* Ah */
#define CUTOFF 3.0 /* V */

/* The voltage of a cell at rest: flat, with a knee where it is nearly empty. */
static double open_circuit(double charge) {
  return 3.45 + 0.55 * charge + 0.2 * charge * charge * charge - 0.75 * exp(-18 * charge);
}

double energy_delivered(double current, double celsius, double charge, double wear) {
  double colder = exp(2500 * (1 / (celsius + 273.15) - 1 / 298.15));
  double resistance = 0.03 * colder * (1 + 2 * wear);
  double fast = 0; /* voltages over the two pairs */
  double slow = 0;
  double energy = 0;
  double power = 0;
  double before = 0;
  double left = charge;
  double drained = current * STEP / (3600 * CAPACITY * (1 - wear));
  double voltage = open_circuit(left) - current * resistance;
  while (voltage > CUTOFF && left > 0) {
    before = voltage;
    power = voltage * current;
    energy += power * STEP;
    fast += (current * 0.4 * resistance - fast) * (1 - exp(-STEP / 20));
    slow += (current * 0.6 * resistance - slow) * (1 - exp(-STEP / 400));
    left -= drained;
    voltage = open_circuit(left) - current * resistance - fast - slow;
  }
  if (before > voltage) energy -= power * STEP * (CUTOFF - voltage) / (before - voltage);
  return energy / 3600;
}
