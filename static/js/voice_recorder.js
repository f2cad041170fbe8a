// Records the microphone and makes of it what the server takes: a WAV file of 16 kHz, one channel, 16 bits.

const RATE = 16000;
const HEADER_BYTES = 44;
// What browsers do to a voice for a telephone call would make it sound like everybody's.
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/** Listen until `stop`; `onLevel` hears from 0 to 1 how loud it is. */
export async function listen(workletAddress, onLevel) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS });
  const context = new AudioContext();
  const blocks = [];
  try {
    await context.audioWorklet.addModule(workletAddress);
    await context.resume();
  } catch (error) {
    await close(stream, context);
    throw error;
  }
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  tap.port.addEventListener("message", ({ data }) => {
    blocks.push(data);
    onLevel(Math.min(1, 3 * Math.sqrt(data.reduce((sum, sample) => sum + sample * sample, 0) / data.length)));
  });
  tap.port.start();
  context.createMediaStreamSource(stream).connect(tap);

  return {
    async stop() {
      const rate = context.sampleRate;
      await close(stream, context);
      return asWav(await atOurRate(blocks, rate));
    },
  };
}

async function close(stream, context) {
  stream.getTracks().forEach((track) => track.stop());
  await context.close();
}

/** The same sound with 16 000 samples a second, whatever the microphone's own rate is. */
async function atOurRate(blocks, rate) {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  if (length === 0) return new Float32Array();
  const offline = new OfflineAudioContext(1, Math.ceil((length * RATE) / rate), RATE);
  const heard = offline.createBuffer(1, length, rate);
  let from = 0;
  for (const block of blocks) {
    heard.copyToChannel(block, 0, from);
    from += block.length;
  }
  const source = offline.createBufferSource();
  source.buffer = heard;
  source.connect(offline.destination);
  source.start();
  return (await offline.startRendering()).getChannelData(0);
}

function asWav(samples) {
  const bytes = samples.length * 2;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + bytes));
  const word = (at, text) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, bytes, true);
  samples.forEach((sample, index) => {
    view.setInt16(HEADER_BYTES + 2 * index, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
  });
  return new Blob([view], { type: "audio/wav" });
}
